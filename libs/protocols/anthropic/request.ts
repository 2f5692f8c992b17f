import { arrayOf, isObject, type Json, type JsonObject, objectOf, stringOf } from '../json/json.ts';
import { describeMedia } from '../request/find.ts';
import type { Finds, RequestShape, UnreadableKind } from '../request/shape.ts';
import { anthropicFreeNames, anthropicNames } from './names.ts';

/** Blocks whose meaning is in their strings. */
const readable: ReadonlySet<string> = new Set([
  ...['text', 'tool_use', 'tool_result', 'thinking', 'server_tool_use', 'mcp_tool_use', 'mcp_tool_result'],
  'search_result',
]);
const sourced: Readonly<Record<string, UnreadableKind>> = { image: 'image', document: 'file' };

/** Reading of messages requests (docs.anthropic.com/en/api/messages). */
export const messagesRequest: RequestShape = {
  knownKeys: anthropicNames,
  freeKeys: anthropicFreeNames,
  turnsAt: () => 'messages',
  streamsByDefault: () => false,
  requires: () => [{ name: 'messages', types: ['array'] }],
  isJsonText: () => false,
  roleOf: (turn) => stringOf(objectOf(turn).role),
  find: findInMessages,
  answersJson: (body) => [body.output_format, objectOf(body.output_config).format].some(isObject),
};

function findInMessages(body: JsonObject, finds: Finds): void {
  findInBlocks(body.system, '/system', finds);
  for (const [index, message] of arrayOf(body.messages).entries()) {
    findInBlocks(objectOf(message).content, `/messages/${index}/content`, finds);
  }
  for (const [index, server] of arrayOf(body.mcp_servers).entries()) {
    const url = stringOf(objectOf(server).url);
    if (url !== undefined) finds.remote(`/mcp_servers/${index}/url`, url);
  }
  if (body.container !== undefined && body.container !== null) {
    finds.unreadable({ pointer: '/container', kind: 'file_id' });
  }
}

function findInBlocks(content: Json | undefined, pointer: string, finds: Finds): void {
  for (const [index, block] of arrayOf(content).entries()) {
    if (isObject(block)) findInBlock(block, `${pointer}/${index}`, finds);
  }
}

function findInBlock(block: JsonObject, pointer: string, finds: Finds): void {
  const type = stringOf(block.type) ?? '';
  findInBlocks(block.content, `${pointer}/content`, finds);
  const kind = sourced[type];
  if (kind !== undefined) findSource(objectOf(block.source), kind, `${pointer}/source`, finds);
  else if (type === 'redacted_thinking') finds.unreadable({ pointer: `${pointer}/data`, kind: 'encrypted' });
  else if (type === 'container_upload') finds.unreadable({ pointer: `${pointer}/file_id`, kind: 'file_id' });
  else if (!readable.has(type)) finds.unreadable({ pointer, kind: 'unknown_part' });
}

function findSource(source: JsonObject, kind: UnreadableKind, pointer: string, finds: Finds): void {
  const url = stringOf(source.url);
  switch (source.type) {
    case 'text':
      break;
    case 'content':
      findInBlocks(source.content, `${pointer}/content`, finds);
      break;
    case 'base64': {
      const media = describeMedia(stringOf(source.media_type));
      const size = stringOf(source.data)?.length ?? 0;
      finds.unreadable({ pointer: `${pointer}/data`, ...media, kind, size });
      break;
    }
    case 'url':
      if (url !== undefined) finds.remote(`${pointer}/url`, url);
      finds.unreadable({ pointer: `${pointer}/url`, kind });
      break;
    case 'file':
      finds.unreadable({ pointer: `${pointer}/file_id`, kind: 'file_id' });
      break;
    default:
      finds.unreadable({ pointer, kind });
  }
}

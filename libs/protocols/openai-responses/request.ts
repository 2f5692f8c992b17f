import { arrayOf, isObject, type Json, type JsonObject, objectOf, stringOf } from '../json/json.ts';
import { asksForJson, findInPart, reportUrl } from '../openai-chat/request.ts';
import type { Continuation, Finds, RequestShape } from '../request/shape.ts';
import { responsesFreeNames, responsesRequestNames } from './names.ts';

const argumentsAt = /^\/input\/\d+\/arguments$/;

/** Items whose meaning is in their strings. */
const readable: ReadonlySet<string> = new Set([
  ...[
    'message',
    'function_call',
    'function_call_output',
    'reasoning',
    'custom_tool_call',
    'custom_tool_call_output',
  ],
  ...[
    'web_search_call',
    'file_search_call',
    'code_interpreter_call',
    'mcp_call',
    'mcp_list_tools',
    'local_shell_call',
  ],
  ...[
    'mcp_approval_request',
    'mcp_approval_response',
    'local_shell_call_output',
    'shell_call',
    'shell_call_output',
  ],
]);

/** Reading of responses requests (platform.openai.com/docs/api-reference/responses/create). */
export const responsesRequest: RequestShape = {
  knownKeys: responsesRequestNames,
  freeKeys: responsesFreeNames,
  turnsAt: () => 'input',
  streamsByDefault: () => false,
  requires: () => [],
  isJsonText: (pointer) => argumentsAt.test(pointer),
  roleOf: (turn) => {
    const { role, type } = objectOf(turn);
    return stringOf(role) ?? (typeof turn === 'string' ? 'user' : stringOf(type));
  },
  find: findInRequest,
  isBackground: (body) => body.background === true,
  continuation: readContinuation,
  answersJson: (body) => asksForJson(objectOf(body.text).format),
};

function readContinuation({ conversation, previous_response_id }: JsonObject): Continuation {
  const id = stringOf(conversation) ?? stringOf(objectOf(conversation).id);
  const previous = stringOf(previous_response_id);
  return {
    ...(id === undefined ? {} : { conversation: id }),
    ...(previous === undefined ? {} : { previousResponse: previous }),
  };
}

function findInRequest(body: JsonObject, finds: Finds): void {
  for (const [index, item] of arrayOf(body.input).entries()) {
    if (isObject(item)) findInItem(item, `/input/${index}`, finds);
  }
  for (const [index, tool] of arrayOf(body.tools).entries()) {
    if (isObject(tool)) findInTool(tool, `/tools/${index}`, finds);
  }
  if (isObject(body.prompt)) finds.unreadable({ pointer: '/prompt', kind: 'reference' });
}

function findInItem(item: JsonObject, pointer: string, finds: Finds): void {
  const type = stringOf(item.type) ?? (item.role === undefined ? '' : 'message');
  findInParts(item.content, `${pointer}/content`, finds);
  findInParts(item.output, `${pointer}/output`, finds);
  if (typeof item.encrypted_content === 'string') {
    finds.unreadable({ pointer: `${pointer}/encrypted_content`, kind: 'encrypted' });
  }
  if (type === 'item_reference') finds.unreadable({ pointer, kind: 'reference' });
  else if (!readable.has(type)) finds.unreadable({ pointer, kind: 'unknown_part' });
}

function findInParts(parts: Json | undefined, pointer: string, finds: Finds): void {
  for (const [index, part] of arrayOf(parts).entries()) {
    const at = `${pointer}/${index}`;
    const { type, file_id, file_data, file_url, image_url } = objectOf(part);
    if (type !== 'input_file' && type !== 'input_image') {
      if (type !== 'reasoning_text' && type !== 'summary_text') findInPart(part, at, finds);
      continue;
    }
    const kind = type === 'input_image' ? 'image' : 'file';
    if (typeof file_id === 'string') finds.unreadable({ pointer: `${at}/file_id`, kind: 'file_id' });
    if (typeof image_url === 'string') reportUrl(image_url, kind, `${at}/image_url`, finds);
    if (typeof file_url === 'string') reportUrl(file_url, kind, `${at}/file_url`, finds);
    if (typeof file_data === 'string')
      finds.unreadable({ pointer: `${at}/file_data`, kind, size: file_data.length });
    const isEmpty = [file_id, image_url, file_url, file_data].every((value) => typeof value !== 'string');
    if (isEmpty) finds.unreadable({ pointer: at, kind });
  }
}

function findInTool(tool: JsonObject, pointer: string, finds: Finds): void {
  const url = stringOf(tool.server_url);
  if (url !== undefined) finds.remote(`${pointer}/server_url`, url);
  for (const name of ['connector_id', 'vector_store_ids', 'container']) {
    const value = tool[name];
    if (typeof value === 'string' || Array.isArray(value) || Array.isArray(objectOf(value).file_ids)) {
      finds.unreadable({ pointer: `${pointer}/${name}`, kind: 'reference' });
    }
  }
}

import { arrayOf, isObject, type Json, type JsonObject, objectOf, stringOf } from '../json/json.ts';
import { describeMedia } from '../request/find.ts';
import type { Finds, RequestShape, UnreadableKind } from '../request/shape.ts';
import { freeNames, requestNames } from './names.ts';

const jsonText =
  /^\/messages\/\d+\/(?:tool_calls\/\d+\/(?:function\/arguments|custom\/input)|function_call\/arguments)$/;
const textParts: ReadonlySet<string> = new Set(['text', 'refusal', 'thinking', 'input_text', 'output_text']);
const urlParts: Readonly<Record<string, UnreadableKind>> = {
  image_url: 'image',
  input_image: 'image',
  video_url: 'video',
  audio_url: 'audio',
};

/** Reading of chat completion requests (platform.openai.com/docs/api-reference/chat/create; docs.vllm.ai). */
export const chatRequest: RequestShape = {
  knownKeys: requestNames,
  freeKeys: freeNames,
  turnsAt: () => 'messages',
  streamsByDefault: () => false,
  requires: () => [{ name: 'messages', types: ['array'] }],
  isJsonText: (pointer) => pointer.startsWith('/messages/') && jsonText.test(pointer),
  roleOf: (turn) => stringOf(objectOf(turn).role),
  find: findInChat,
  answersJson: (body) => asksForJson(body.response_format),
};

/** Whether a `response_format` asks for JSON text. */
export function asksForJson(format: Json | undefined): boolean {
  const type = objectOf(format).type;
  return type === 'json_object' || type === 'json_schema';
}

function findInChat(body: JsonObject, finds: Finds): void {
  for (const [index, message] of arrayOf(body.messages).entries()) {
    const at = `/messages/${index}`;
    const { content, audio } = objectOf(message);
    for (const [part, value] of arrayOf(content).entries()) findInPart(value, `${at}/content/${part}`, finds);
    if (isObject(audio) && typeof audio.id === 'string') {
      finds.unreadable({ pointer: `${at}/audio/id`, kind: 'file_id' });
    }
  }
  for (const name of ['prompt_token_ids', 'prompt_embeds', 'input_ids']) {
    if (body[name] !== undefined && body[name] !== null) {
      finds.unreadable({ pointer: `/${name}`, kind: name === 'prompt_embeds' ? 'embedding' : 'tokens' });
    }
  }
}

/** What can't be read in one element of a message's content list. */
export function findInPart(part: Json, pointer: string, finds: Finds): void {
  if (!isObject(part)) return;
  const type = stringOf(part.type) ?? '';
  if (textParts.has(type)) return;
  const urlKind = urlParts[type];
  if (urlKind !== undefined)
    findUrl(part[type === 'input_image' ? 'image_url' : type], urlKind, pointer, type, finds);
  else if (type === 'input_audio') findAudio(objectOf(part.input_audio), pointer, finds);
  else if (type === 'file') findFile(objectOf(part.file), `${pointer}/file`, finds);
  else finds.unreadable({ pointer, kind: 'unknown_part' });
}

function findUrl(
  value: Json | undefined,
  kind: UnreadableKind,
  pointer: string,
  type: string,
  finds: Finds,
): void {
  const isBare = typeof value === 'string';
  const url = isBare ? value : stringOf(objectOf(value).url);
  const field = type === 'input_image' ? 'image_url' : type;
  const at = `${pointer}/${field}${isBare ? '' : '/url'}`;
  if (url === undefined) finds.unreadable({ pointer, kind });
  else reportUrl(url, kind, at, finds);
}

/** Reports a media address: inline data, or a place outside. */
export function reportUrl(url: string, kind: UnreadableKind, pointer: string, finds: Finds): void {
  const inline = /^\s*data:([^;,]{1,127})?[;,]/i.exec(url.slice(0, 256));
  const media = inline === null ? {} : describeMedia(inline[1]);
  finds.unreadable({ pointer, ...media, kind, size: url.length });
  if (inline === null) finds.remote(pointer, url);
}

function findAudio(audio: JsonObject, pointer: string, finds: Finds): void {
  const format = stringOf(audio.format);
  const size = stringOf(audio.data)?.length ?? 0;
  const at = `${pointer}/input_audio/data`;
  const mediaType = format === undefined ? {} : { mediaType: `audio/${format}` };
  finds.unreadable({ pointer: at, kind: 'audio', size, ...mediaType });
}

function findFile(file: JsonObject, pointer: string, finds: Finds): void {
  const data = stringOf(file.file_data);
  if (data !== undefined)
    reportUrl(data.includes(':') ? data : `data:,${data}`, 'file', `${pointer}/file_data`, finds);
  if (typeof file.file_id === 'string') finds.unreadable({ pointer: `${pointer}/file_id`, kind: 'file_id' });
  if (data === undefined && typeof file.file_id !== 'string') finds.unreadable({ pointer, kind: 'file' });
}

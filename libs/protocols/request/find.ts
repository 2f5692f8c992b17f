import type { JsonDocument } from '../json/document.ts';
import { type Json, pointerToken } from '../json/json.ts';
import type { Finds, Unreadable } from './shape.ts';

const inlineData = /^\s*data:([a-z0-9.+-]+\/[a-z0-9.+-]+)?(?:;[^,]*)?,/i;
const longestReadableNumberList = 15;
/** Number lists that are settings, not content. */
const settings: ReadonlySet<string> = new Set([
  'stop_token_ids',
  'allowed_token_ids',
  'bad_token_ids',
  'enum',
]);

/** Finds, anywhere in a body, what no protocol lets a reader see as text: inline data and lists of numbers. */
export function findGenerally(document: JsonDocument, known: readonly Unreadable[], finds: Finds): void {
  const seen = new Set(known.map(({ pointer }) => pointer));
  for (const { pointer, text, key } of document.strings) {
    if (key || seen.has(pointer) || !/^\s{0,64}data:/i.test(text)) continue;
    const media = inlineData.exec(text.slice(0, 256));
    if (media !== null) finds.unreadable({ pointer, ...describeMedia(media[1]), size: text.length });
  }
  walkNumbers(document.value, '', seen, finds);
}

/** Kind and media type of inline data. */
export function describeMedia(mediaType: string | undefined): Pick<Unreadable, 'kind' | 'mediaType'> {
  const family = mediaType?.split('/')[0]?.toLowerCase();
  const kind = family === 'image' || family === 'audio' || family === 'video' ? family : 'file';
  return mediaType === undefined ? { kind } : { kind, mediaType };
}

function walkNumbers(value: Json, pointer: string, seen: ReadonlySet<string>, finds: Finds): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const isList = value.length > longestReadableNumberList && value.every((n) => typeof n === 'number');
    if (isList && !seen.has(pointer)) finds.unreadable({ pointer, kind: 'tokens', size: value.length });
    if (typeof value[0] === 'number' && isList) return;
    for (let i = 0; i < value.length; i += 1) walkNumbers(value[i] ?? null, `${pointer}/${i}`, seen, finds);
    return;
  }
  for (const key of Object.keys(value)) {
    if (!settings.has(key)) walkNumbers(value[key] ?? null, `${pointer}/${pointerToken(key)}`, seen, finds);
  }
}

/** A list of token ids, or of such lists, where a text was expected. */
export function findTokens(value: Json | undefined, pointer: string, finds: Finds): void {
  if (!Array.isArray(value)) return;
  if (value.length > 0 && value.every((n) => typeof n === 'number')) {
    finds.unreadable({ pointer, kind: 'tokens', size: value.length });
    return;
  }
  for (const [index, element] of value.entries()) findTokens(element, `${pointer}/${index}`, finds);
}

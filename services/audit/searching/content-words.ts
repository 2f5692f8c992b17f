import { addWords } from './words.ts';

/** How content is written: as the body that was sent, or as the frames of a streamed answer. */
export type ContentForm = 'body' | 'transcript';

/** Distinct words of one content, at most. */
export const wordsOfContent = 5000;
/** What is longer is read as plain text, characters. */
const parsedCharacters = 4_000_000;
const deepest = 64;

/** Names that hold no language. */
const structural = new Set(
  ['id', 'item_id', 'call_id', 'tool_call_id', 'response_id', 'object', 'model', 'role', 'type', 'status']
    .concat(['finish_reason', 'stop_reason', 'done_reason', 'system_fingerprint', 'service_tier'])
    .concat(['signature', 'encrypted_content', 'obfuscation', 'created_at', 'data', 'logprobs']),
);
/** What tells the pieces of one streamed text from those of another. */
const placing = ['type', 'index', 'item_id', 'output_index', 'content_index'] as const;

/** Adds the distinct words of a prompt or an answer, of all its texts, to those of another. */
export function addContentWords(words: Set<string>, text: string, form: ContentForm): void {
  const most = words.size + wordsOfContent;
  for (const found of form === 'transcript' ? streamedTexts(text) : bodyTexts(text)) {
    addWords(words, found, most);
  }
}

function bodyTexts(text: string): Iterable<string> {
  const body = parsed(text);
  if (body === undefined) return [text];
  const texts: string[] = [];
  walk(body, '', 0, (_, found) => texts.push(found));
  return texts;
}

/** The texts of a stream, put together from its events: pieces of one word come in several. */
function streamedTexts(text: string): Iterable<string> {
  const frames = parsed(text);
  const wire = Array.isArray(frames) ? frames.map((frame) => String(frame?.[1] ?? '')).join('') : text;
  const pieces = new Map<string, string[]>();
  for (const line of wire.split('\n')) {
    const event = parsed(line.replace(/^data:/, ''));
    if (event === undefined) {
      if (!/^(data|event|id|retry|:)/.test(line)) pieces.set(`line ${pieces.size}`, [line]);
      continue;
    }
    walk(event, '', 0, (place, found) => {
      const known = pieces.get(place);
      if (known === undefined) pieces.set(place, [found]);
      else known.push(found);
    });
  }
  return [...pieces.values()].map((list) => list.join(''));
}

function parsed(text: string): unknown {
  if (text.length > parsedCharacters || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function walk(
  value: unknown,
  place: string,
  depth: number,
  leaf: (place: string, text: string) => void,
): void {
  if (typeof value === 'string') leaf(place, value);
  if (value === null || typeof value !== 'object' || depth > deepest) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) walk(item, `${place}/${i}`, depth + 1, leaf);
    return;
  }
  const fields = value as Record<string, unknown>;
  const at = `${place}(${placed(fields)})/`;
  for (const name in fields) {
    const item = fields[name];
    const holdsText = typeof item === 'string' || (typeof item === 'object' && item !== null);
    if (holdsText && !structural.has(name)) walk(item, at + name, depth + 1, leaf);
  }
}

/** Written out: this runs for every object of every event of a stream. */
function placed(fields: Record<string, unknown>): string {
  let at = '';
  for (const name of placing) {
    const value = fields[name];
    if (value !== undefined) at += `${name} ${String(value)} `;
  }
  return at;
}

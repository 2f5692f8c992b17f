import { DecodedText } from './decoded-text.ts';
import { backslashAt, type Encoded, percentAt } from './escapes.ts';
import { entityAt } from './html-entities.ts';
import { Markup } from './markup.ts';
import type { View } from './view.ts';

const ampersand = 38;
const percent = 37;
const lessThan = 60;
const reverseSolidus = 92;
const bracket = 93;
const controlStart = 27;

const openers = [ampersand, percent, lessThan, reverseSolidus, controlStart];
const isSpecial = new Uint8Array(128);
for (const unit of [...openers, bracket]) isSpecial[unit] = 1;
const openingCharacters = openers.map((unit) => String.fromCharCode(unit));

/** Where the first of them is, or -1. Each is searched for by itself, which takes a machine less than all at once. */
function firstOpener(text: string): number {
  let first = -1;
  for (const opener of openingCharacters) {
    const at = text.indexOf(opener);
    if (at !== -1 && (first === -1 || at < first)) first = at;
  }
  return first;
}

/**
 * The text with HTML entities, percent-encoding and backslash escapes decoded and markup taken out, or undefined where
 * it has none.
 */
export function decodeInline(text: string): View | undefined {
  const first = firstOpener(text);
  if (first === -1) return undefined;
  const markup = new Markup(text);
  let decoded: DecodedText | undefined;
  const how = new Set<string>();
  let copied = 0;
  for (let at = first; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 128 || isSpecial[unit] === 0) continue;
    const found = encodedAt(text, at, unit);
    const removed = found === undefined ? markup.lengthAt(at, unit) : 0;
    if (removed === 0 && found === undefined) continue;
    decoded ??= new DecodedText(text.length);
    decoded.copy(text, copied, at);
    if (found === undefined) {
      decoded.markLast();
      how.add('markup');
    } else {
      decoded.addCodePoint(found.codePoint, at, at + found.length);
      how.add(namesOf[unit]!);
    }
    copied = at + (found?.length ?? removed);
    at = copied - 1;
  }
  if (decoded === undefined) return undefined;
  decoded.copy(text, copied, text.length);
  return decoded.view([...how], false);
}

const namesOf: Record<number, string> = {
  [ampersand]: 'html-entity',
  [percent]: 'percent-encoding',
  [reverseSolidus]: 'escape',
};

function encodedAt(text: string, at: number, unit: number): Encoded | undefined {
  if (unit === ampersand) return entityAt(text, at);
  if (unit === percent) return percentAt(text, at);
  return unit === reverseSolidus ? backslashAt(text, at) : undefined;
}

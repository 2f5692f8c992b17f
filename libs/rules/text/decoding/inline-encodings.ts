import { DecodedText } from './decoded-text.ts';
import { backslashAt, type Encoded, entityAt, percentAt } from './escapes.ts';
import type { View } from './view.ts';

const special = /[&%\\<]/;
const ampersand = 38;
const percent = 37;
const reverseSolidus = 92;
const lessThan = 60;
const longestTag = 200;

/**
 * The text with HTML entities, percent-encoding and backslash escapes decoded and HTML tags taken out, or
 * undefined where it has none.
 */
export function decodeInline(text: string): View | undefined {
  const first = text.search(special);
  if (first === -1) return undefined;
  let decoded: DecodedText | undefined;
  const how = new Set<string>();
  let copied = 0;
  for (let at = first; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== ampersand && unit !== percent && unit !== reverseSolidus && unit !== lessThan) continue;
    const removed = unit === lessThan ? tagLength(text, at) : 0;
    const found = unit === lessThan ? undefined : encodedAt(text, at, unit);
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
  return unit === percent ? percentAt(text, at) : backslashAt(text, at);
}

/** Length of an HTML tag or short comment at `at`; 0 where there is none. */
function tagLength(text: string, at: number): number {
  const next = text.charCodeAt(at + 1) | 32;
  const opens = (next >= 97 && next <= 122) || next === 47 || next === 33;
  if (!opens) return 0;
  const until = Math.min(text.length, at + longestTag);
  for (let i = at + 1; i < until; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 62) return i + 1 - at;
    if (unit === lessThan) return 0;
  }
  return 0;
}

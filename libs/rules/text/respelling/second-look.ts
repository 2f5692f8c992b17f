import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';
import { isAscii } from '../units.ts';

/**
 * Letters that look like a second Latin letter, beside the one that they are read as in every case of theirs: a Greek
 * capital Nu is an N, and its small letter a v.
 */
const otherLooks: Record<string, string> = {
  Ν: 'n',
  Η: 'h',
  Υ: 'y',
  ϒ: 'y',
  ς: 's',
  Σ: 'e',
  μ: 'u',
  µ: 'u',
  ɯ: 'm',
  И: 'n',
  и: 'n',
  Ц: 'u',
  З: 'e',
  з: 'e',
};
const beyondAscii = /[^\0-\x7f]/;

/** By code unit: the other letter, or 0. */
const otherOf = new Uint8Array(0x10000);
for (const [letter, other] of Object.entries(otherLooks)) {
  otherOf[letter.charCodeAt(0)] = other.charCodeAt(0);
}

/** The text with those letters as the other ones that they look like; undefined where it has none. */
export function secondLookView(text: string): View | undefined {
  if (isAscii(text)) return undefined;
  const first = text.search(beyondAscii);
  let read: DecodedText | undefined;
  let copied = 0;
  for (let at = first; at < text.length; at++) {
    const other = otherOf[text.charCodeAt(at)]!;
    if (other === 0) continue;
    read ??= new DecodedText(text.length);
    read.copy(text, copied, at);
    read.add(other, at, at + 1);
    copied = at + 1;
  }
  if (read === undefined) return undefined;
  read.copy(text, copied, text.length);
  return read.view(['unicode'], false);
}

import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';

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
const anyOther = new RegExp(`[${Object.keys(otherLooks).join('')}]`, 'g');

/** The text with those letters as the other ones that they look like; undefined where it has none. */
export function secondLookView(text: string): View | undefined {
  if (text.search(anyOther) === -1) return undefined;
  const read = new DecodedText(text.length);
  let copied = 0;
  for (const { index, 0: letter } of text.matchAll(anyOther)) {
    read.copy(text, copied, index);
    read.add(otherLooks[letter]!.charCodeAt(0), index, index + 1);
    copied = index + 1;
  }
  read.copy(text, copied, text.length);
  return read.view(['unicode'], false);
}

import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';
import { CharacterClass } from './fold.ts';
import { foldedOf } from './fold-table.ts';
import { withoutLookAlike } from './homoglyphs.ts';

const beyondAscii = /[^\0-\x7f]/;

/**
 * The text as patterns expect it: NFKC, without characters that can't be seen, look-alikes of Latin letters as
 * Latin letters, case kept. Undefined where it is that already.
 */
export function normalisedView(text: string): View | undefined {
  const first = text.search(beyondAscii);
  if (first === -1) return undefined;
  let decoded: DecodedText | undefined;
  let copied = 0;
  for (let at = first; at < text.length; ) {
    const codePoint = text.codePointAt(at)!;
    const length = codePoint > 0xffff ? 2 : 1;
    const plain = codePoint < 128 ? undefined : plainForm(codePoint);
    if (plain !== undefined) {
      decoded ??= new DecodedText(text.length);
      decoded.copy(text, copied, at);
      if (plain === '') decoded.markLast();
      for (let i = 0; i < plain.length; i++) decoded.add(plain.charCodeAt(i), at, at + length);
      copied = at + length;
    }
    at += length;
  }
  if (decoded === undefined) return undefined;
  decoded.copy(text, copied, text.length);
  return decoded.view(['unicode'], false);
}

/** What a character is read as; undefined where it is read as itself. */
function plainForm(codePoint: number): string | undefined {
  const folded = foldedOf(codePoint);
  if (folded.kind === CharacterClass.invisible) return '';
  const character = String.fromCodePoint(codePoint);
  let plain = '';
  for (const letter of character.normalize('NFKC')) {
    const lower = letter.toLowerCase();
    const latin = withoutLookAlike(lower);
    plain += latin === lower ? letter : letter === lower ? latin : latin.toUpperCase();
  }
  return plain === character ? undefined : plain;
}

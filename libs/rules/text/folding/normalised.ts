import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';
import { isAscii } from '../units.ts';
import { CharacterClass } from './fold.ts';
import { foldedOf } from './fold-table.ts';
import { withoutLookAlike } from './homoglyphs.ts';
import { isStrayMark } from './stray-marks.ts';

const beyondAscii = /[^\0-\x7f]/;

/**
 * The text as patterns expect it: NFKC, without characters that can't be seen, look-alikes of Latin letters as
 * Latin letters, case kept. Undefined where it is that already.
 */
export function normalisedView(text: string): View | undefined {
  if (isAscii(text)) return undefined;
  const first = text.search(beyondAscii);
  let decoded: DecodedText | undefined;
  let copied = 0;
  for (let at = first; at < text.length; ) {
    const codePoint = text.codePointAt(at)!;
    const length = codePoint > 0xffff ? 2 : 1;
    const plain = codePoint < 128 ? undefined : plainAt(text, at, codePoint);
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

function plainAt(text: string, at: number, codePoint: number): string | undefined {
  if (codePoint <= 0xffff && isSame[codePoint] === 1) return undefined;
  const { kind } = foldedOf(codePoint);
  if (kind === CharacterClass.invisible) return '';
  if (kind === CharacterClass.dependent && isStrayMark(text, at)) return '';
  let plain = known.get(codePoint);
  if (plain === undefined) {
    plain = plainForm(codePoint);
    if (known.size >= knownLimit) known.clear();
    known.set(codePoint, plain);
    if (plain === null && kind !== CharacterClass.dependent && codePoint <= 0xffff) isSame[codePoint] = 1;
  }
  return plain ?? undefined;
}

/** Code units that are read as themselves wherever they stand, as far as they were seen. */
const isSame = new Uint8Array(0x10000);
const known = new Map<number, string | null>();
const knownLimit = 20_000;

/** What a character is read as; null where it is read as itself. */
function plainForm(codePoint: number): string | null {
  const character = String.fromCodePoint(codePoint);
  let plain = '';
  for (const letter of character.normalize('NFKC')) {
    const lower = letter.toLowerCase();
    const latin = withoutLookAlike(lower);
    plain += latin === lower ? letter : letter === lower ? latin : latin.toUpperCase();
  }
  return plain === character ? null : plain;
}

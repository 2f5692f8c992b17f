import { CharacterClass, type Folded, foldCodePoint } from './fold.ts';
import { withoutLookAlike } from './homoglyphs.ts';

const kinds = new Uint8Array(65_536);
const letters = new Uint16Array(65_536);
const others = new Map<number, Folded>();
const othersLimit = 20_000;

/** The class of a BMP code unit, looked up once and remembered. */
export function kindOf(unit: number): number {
  const known = kinds[unit]!;
  return known !== CharacterClass.unknown ? known : learn(unit);
}

function learn(unit: number): number {
  const folded = foldCodePoint(unit);
  kinds[unit] = folded.kind;
  if (folded.kind === CharacterClass.letter) letters[unit] = folded.letters.charCodeAt(0);
  if (folded.kind === CharacterClass.sign) {
    letters[unit] = withoutLookAlike(String.fromCharCode(unit)).charCodeAt(0);
  }
  return folded.kind;
}

/** The folded code unit of a code unit whose class is `letter`, or what a `sign` is read as. */
export function letterOf(unit: number): number {
  return letters[unit]!;
}

/** The folded form of any code point; for those that the tables can't hold. */
export function foldedOf(codePoint: number): Folded {
  const known = others.get(codePoint);
  if (known !== undefined) return known;
  const folded = foldCodePoint(codePoint);
  if (others.size >= othersLimit) others.clear();
  others.set(codePoint, folded);
  return folded;
}

for (let unit = 0; unit < 128; unit++) learn(unit);

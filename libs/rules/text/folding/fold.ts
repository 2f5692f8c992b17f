import { withoutLookAlike } from './homoglyphs.ts';

/** What a character is for matching words. */
export const CharacterClass = {
  /** Not looked up yet. */
  unknown: 0,
  /** One letter or digit; its folded form is one code unit. */
  letter: 1,
  /** Folds to several letters, or to one outside the BMP's single code units. */
  letters: 2,
  /** Can't be seen: zero-width, bidi and other controls, combining accents, variation selectors. */
  invisible: 3,
  /** White space other than line ends, dashes, underscore. */
  space: 4,
  newline: 5,
  /** Marks that people put between letters to hide a word. */
  mark: 6,
  /** Everything else: brackets, quotes, commas. */
  other: 7,
  /** A sign that can stand for a letter: `@`, `$`, `!`, `|`, `+`, `€`, `†`. */
  sign: 8,
  /** A vowel sign or the like of a script that needs it. Behind a Latin letter it is only there to hide a word. */
  dependent: 9,
} as const;
export type CharacterClass = (typeof CharacterClass)[keyof typeof CharacterClass];

export interface Folded {
  readonly kind: CharacterClass;
  /** Folded letters; empty unless `letter` or `letters`. */
  readonly letters: string;
  /** A letter of a script that is written without spaces between words, or glues particles to words. */
  readonly unspaced: boolean;
}

/** Marks that words are the same without: accents, points of Hebrew and Arabic. Japanese voicing is not among them. */
const accents =
  /(?![\u3099\u309a])(?=\p{M})[\p{Script=Inherited}\p{Script=Common}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Coptic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]/gu;
const invisibleControl = /^[\p{Cf}\p{Cc}]$/u;
/** Fillers, vowel separators and variation selectors that Unicode files under letters and marks. */
const invisibleRanges: readonly (readonly [number, number])[] = [
  [0x034f, 0x034f],
  [0x0640, 0x0640],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xffa0, 0xffa0],
  [0xe0000, 0xe001f],
  [0xe007f, 0xe007f],
  [0xe0100, 0xe01ef],
];
const letterOrDigit = /[\p{L}\p{N}\p{M}]/gu;
const unspacedScript =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const asciiMarks = "./\\*~^#'`";

/** Letters in braille (ISO 11548-1, six dots), a to z. */
const braille = '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵';

/** Letters hidden in characters that NFKD leaves alone: tag characters, regional indicators, boxed capitals, braille. */
function plainForm(codePoint: number): string {
  if (codePoint >= 0xe0020 && codePoint <= 0xe007e) return String.fromCharCode(codePoint - 0xe0000);
  if (codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff) return String.fromCharCode(codePoint - 0x1f1e6 + 97);
  if (codePoint >= 0x1f150 && codePoint <= 0x1f169) return String.fromCharCode(codePoint - 0x1f150 + 97);
  if (codePoint >= 0x1f170 && codePoint <= 0x1f189) return String.fromCharCode(codePoint - 0x1f170 + 97);
  const character = String.fromCodePoint(codePoint);
  const dotted = codePoint > 0x2800 && codePoint < 0x2840 ? braille.indexOf(character) : -1;
  return dotted < 0 ? character : String.fromCharCode(dotted + 97);
}

function foldedLetters(character: string): string {
  const plain = character.normalize('NFKD').replace(accents, '');
  const cased = plain.toUpperCase().toLowerCase().normalize('NFKD').replace(accents, '');
  let letters = '';
  for (const letter of cased) {
    const latin = withoutLookAlike(letter);
    if (latin.match(letterOrDigit) !== null) letters += latin;
  }
  return letters;
}

function isInvisible(character: string): boolean {
  const codePoint = character.codePointAt(0)!;
  if (invisibleRanges.some(([first, last]) => codePoint >= first && codePoint <= last)) return true;
  return invisibleControl.test(character) || character.replace(accents, '') === '';
}

/** Beyond ASCII: a symbol or punctuation mark that looks like a letter. */
function isLetterLikeSign(character: string): boolean {
  return /^[\p{S}\p{P}]$/u.test(character) && withoutLookAlike(character) !== character;
}

function separatorClass(character: string): CharacterClass {
  if (character === '\n' || character === '\u2028' || character === '\u2029' || character === '\u0085') {
    return CharacterClass.newline;
  }
  if (/^[\p{Zs}\p{Pd}\t\r\v\f_\u2800]$/u.test(character)) return CharacterClass.space;
  if (isInvisible(character)) return CharacterClass.invisible;
  if ('@$!|+'.includes(character) || isLetterLikeSign(character)) return CharacterClass.sign;
  if (asciiMarks.includes(character)) return CharacterClass.mark;
  return character.codePointAt(0)! < 128 ? CharacterClass.other : CharacterClass.mark;
}

/**
 * How one code point is read when words are matched: NFKD, without accents, in one case, look-alikes of Latin
 * letters as Latin letters. Applied to keywords and texts alike, so that equal words meet whatever their spelling.
 */
export function foldCodePoint(codePoint: number): Folded {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
    return { kind: CharacterClass.other, letters: '', unspaced: false };
  }
  const character = plainForm(codePoint);
  const seen = separatorClass(character);
  if (seen !== CharacterClass.mark && seen !== CharacterClass.other) {
    return { kind: seen, letters: '', unspaced: false };
  }
  const letters = foldedLetters(character);
  if (letters === '') return { kind: seen, letters, unspaced: false };
  const kind = /^\p{M}$/u.test(character)
    ? CharacterClass.dependent
    : letters.length === 1
      ? CharacterClass.letter
      : CharacterClass.letters;
  return { kind, letters, unspaced: unspacedScript.test(character) };
}

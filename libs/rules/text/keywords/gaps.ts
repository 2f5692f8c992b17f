import { CharacterClass } from '../folding/fold.ts';

/** What stands between two letters. Ordered: a later one tears a word apart more. */
export const Gap = {
  none: 0,
  /** Up to eight blanks, dashes or underscores, at most one line end: what separates the words of a phrase. */
  soft: 1,
  /** One or two equal marks without blanks: `p.a.s.s`; or strings put together: `"pass" + "word"`. */
  marked: 2,
  /** A short mixture: `p , a , s , s`. Only between single letters. */
  mixed: 3,
  /** Many blanks or lines. Only between the single letters of a longer word. */
  wide: 4,
  /** Anything longer. */
  far: 5,
} as const;

const softLimit = 8;
const mixedLimit = 6;
const wideLimit = 24;
const joinLimit = 8;
const quotes = new Set([34, 39, 96, 0x2018, 0x2019, 0x201c, 0x201d]);
/** What puts strings together in programming languages: `+`, `.`, `&`, `||`, a line's continuation. */
const joiners = new Set([43, 46, 38, 92, 124]);
/** What stands for nothing: in TeX, in C and SQL, in shells, and at a line's end in quoted-printable. */
const nothings = new Set(['{}', '/**/', '$@', '$*', '=\n', '=\r\n'].map(codeOf));
/** A gap's first four code units, in one number. */
function codeOf(text: string): number {
  return [...text].reduce((code, character) => code * 128 + character.charCodeAt(0), 0);
}
const longestCode = 128 ** 4;

/** Follows the characters of one gap. Reused from gap to gap. */
export class GapReader {
  #length = 0;
  #newlines = 0;
  #blanks = 0;
  #mark = 0;
  #marks = 0;
  #others = 0;
  #quotes = 0;
  #joiners = 0;
  #code = 0;

  reset(): void {
    this.#length = 0;
    this.#newlines = 0;
    this.#blanks = 0;
    this.#mark = 0;
    this.#marks = 0;
    this.#others = 0;
    this.#quotes = 0;
    this.#joiners = 0;
    this.#code = 0;
  }

  add(unit: number, kind: number): void {
    this.#length++;
    this.#code = unit < 128 && this.#code < longestCode ? this.#code * 128 + unit : longestCode;
    if (quotes.has(unit)) this.#quotes++;
    else if (joiners.has(unit)) this.#joiners++;
    if (kind === CharacterClass.space) this.#blanks++;
    else if (kind === CharacterClass.newline) this.#newlines++;
    else if (kind === CharacterClass.mark || kind === CharacterClass.sign) {
      if (this.#marks === 0 || this.#mark === unit) this.#marks++;
      else this.#others++;
      this.#mark = unit;
    } else this.#others++;
  }

  /** Ends the gap before a letter: what it was. */
  close(): number {
    if (this.#length === 0) return Gap.none;
    const kind = this.#kind();
    this.reset();
    return kind;
  }

  #kind(): number {
    if (this.#marks === 0 && this.#others === 0) return this.#blank();
    if (this.#joins() || nothings.has(this.#code)) return Gap.marked;
    if (this.#newlines > 1) return Gap.far;
    const onlyMarks = this.#others === 0 && this.#blanks === 0 && this.#newlines === 0;
    if (onlyMarks && this.#marks <= 2) return Gap.marked;
    return this.#length <= mixedLimit ? Gap.mixed : Gap.far;
  }

  /** Blanks and line ends alone. */
  #blank(): number {
    if (this.#newlines <= 1 && this.#length <= softLimit) return Gap.soft;
    return this.#length <= wideLimit ? Gap.wide : Gap.far;
  }

  /** One string ends, the next begins, and at most one operator (of two signs) stands between. */
  #joins(): boolean {
    if (this.#quotes !== 2 || this.#joiners > 2 || this.#newlines > 1 || this.#length > joinLimit)
      return false;
    return this.#blanks + this.#newlines + this.#quotes + this.#joiners === this.#length;
  }
}

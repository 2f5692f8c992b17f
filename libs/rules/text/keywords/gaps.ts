import { CharacterClass } from '../folding/fold.ts';

/** What stands between two letters. Ordered: a later one tears a word apart more. */
export const Gap = {
  none: 0,
  /** Up to eight blanks, dashes or underscores, at most one line end: what separates the words of a phrase. */
  soft: 1,
  /** One or two equal marks without blanks: `p.a.s.s`. */
  marked: 2,
  /** A short mixture: `p , a , s , s`. Only between single letters. */
  mixed: 3,
  /** Anything longer, a paragraph's end. */
  far: 4,
} as const;

const softLimit = 8;
const mixedLimit = 6;

/** Follows the characters of one gap. Reused from gap to gap. */
export class GapReader {
  #length = 0;
  #newlines = 0;
  #blanks = 0;
  #mark = 0;
  #marks = 0;
  #others = 0;

  reset(): void {
    this.#length = 0;
    this.#newlines = 0;
    this.#blanks = 0;
    this.#mark = 0;
    this.#marks = 0;
    this.#others = 0;
  }

  add(unit: number, kind: number): void {
    this.#length++;
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
    if (this.#newlines > 1) return Gap.far;
    if (this.#marks === 0 && this.#others === 0) return this.#length <= softLimit ? Gap.soft : Gap.far;
    const onlyMarks = this.#others === 0 && this.#blanks === 0 && this.#newlines === 0;
    if (onlyMarks && this.#marks <= 2) return Gap.marked;
    return this.#length <= mixedLimit ? Gap.mixed : Gap.far;
  }
}

import { Gap } from './gaps.ts';
import type { KeywordPattern } from './keyword-automaton.ts';

/** Longer than any keyword. */
const ring = 512;
const mask = ring - 1;
const splitMinimumLetters = 6;
const spacedMinimumLetters = 3;

/** How the letters of a candidate stand together. */
export type Spacing = 'plain' | 'spaced' | 'torn';

/** The last letters read, each with its place and the gap before it; questions about them are look-ups. */
export class LetterTrail {
  readonly #starts = new Int32Array(ring);
  readonly #gaps = new Uint8Array(ring);
  readonly #letters = new Uint16Array(ring);
  #count = 0;
  /** Index of the last letter with any gap before it, with none, with one no word survives, with a wide or far one. */
  #lastGap = 0;
  #lastJoined = 0;
  #lastTorn = 0;
  #lastWide = 0;
  #lastFar = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#lastGap = 0;
    this.#lastJoined = 0;
    this.#lastTorn = 0;
    this.#lastWide = 0;
    this.#lastFar = 0;
  }

  push(letter: number, gap: number, start: number): void {
    const index = this.#count++;
    const slot = index & mask;
    this.#starts[slot] = start;
    this.#gaps[slot] = gap;
    this.#letters[slot] = letter;
    if (gap === Gap.none) this.#lastJoined = index;
    else {
      this.#lastGap = index;
      if (gap >= Gap.mixed) this.#lastTorn = index;
      if (gap >= Gap.wide) this.#lastWide = index;
      if (gap === Gap.far) this.#lastFar = index;
    }
  }

  letterAt(index: number): number {
    return this.#letters[index & mask]!;
  }

  startAt(index: number): number {
    return this.#starts[index & mask]!;
  }

  /** Whether the gaps since letter `first` leave the word as written, spaced out, or torn into what isn't it. */
  spacing(pattern: KeywordPattern, first: number): Spacing {
    if (this.#lastFar > first) return 'torn';
    if (this.#lastGap <= first) return 'plain';
    const length = pattern.letters.length;
    const alone = this.#lastJoined <= first;
    if (this.#lastWide > first) return alone && length >= splitMinimumLetters ? 'spaced' : 'torn';
    const whole = this.#lastTorn <= first;
    if (whole && pattern.wordStarts.length > 0 && this.#gapsAtWordsOnly(pattern, first)) return 'plain';
    if (whole && length >= splitMinimumLetters) return 'spaced';
    return alone && length >= spacedMinimumLetters ? 'spaced' : 'torn';
  }

  #gapsAtWordsOnly(pattern: KeywordPattern, first: number): boolean {
    let word = 0;
    for (let i = 1; i < pattern.letters.length; i++) {
      const gap = this.#gaps[(first + i) & mask]!;
      if (pattern.wordStarts[word] === i) word++;
      else if (gap !== Gap.none) return false;
    }
    return true;
  }
}

import { CharacterClass } from '../folding/fold.ts';
import { foldedOf, kindOf, letterOf } from '../folding/fold-table.ts';
import { isStrayMark } from '../folding/stray-marks.ts';
import { unitsOf } from '../units.ts';
import type { KeywordAutomaton } from './keyword-automaton.ts';
import { endsWord } from './word-boundary.ts';

const skip = 0xffff;

/**
 * Tells in one short loop that a text holds no keyword, which is what most texts hold. It follows the same
 * automaton over the same letters as the full search and keeps nothing but the state.
 */
export class QuickScan {
  readonly #automaton: KeywordAutomaton;
  /** Next state × width; complemented where a keyword ends. */
  readonly #next: Int32Array;
  /** Symbols of ASCII code units as written, signs as letters, and as separators. */
  readonly #withSigns = new Uint16Array(128).fill(skip);
  readonly #withoutSigns = new Uint16Array(128).fill(skip);

  constructor(automaton: KeywordAutomaton) {
    this.#automaton = automaton;
    const { ending, width } = automaton;
    this.#next = automaton.next.map((state) => (ending[state / width] === -1 ? state : ~state));
    for (let unit = 0; unit < 128; unit++) {
      const kind = kindOf(unit);
      if (kind === CharacterClass.letter) {
        this.#withSigns[unit] = automaton.asciiSymbol[letterOf(unit)]!;
        this.#withoutSigns[unit] = this.#withSigns[unit]!;
      } else if (kind === CharacterClass.sign) this.#withSigns[unit] = automaton.asciiSymbol[unit]!;
    }
  }

  /** False only where no keyword can be found. */
  mayHold(text: string, signsAreLetters: boolean): boolean {
    const symbols = signsAreLetters ? this.#withSigns : this.#withoutSigns;
    const next = this.#next;
    const units = unitsOf(text);
    const length = text.length;
    let state = 0;
    for (let at = 0; at < length; at++) {
      const unit = units[at]!;
      if (unit < 128) {
        const symbol = symbols[unit]!;
        if (symbol === skip) continue;
        state = next[state + symbol]!;
      } else state = this.#wide(state, text, at, signsAreLetters);
      if (state < 0) {
        if (endsWord(text, at + 1)) return true;
        state = ~state;
      }
    }
    return false;
  }

  #wide(state: number, text: string, at: number, signsAreLetters: boolean): number {
    const unit = text.charCodeAt(at);
    if ((unit & 0xfc00) === 0xdc00) return this.#low(state, text, at);
    switch (kindOf(unit)) {
      case CharacterClass.letter:
        return this.#letter(state, letterOf(unit));
      case CharacterClass.sign:
        return signsAreLetters ? this.#letter(state, letterOf(unit)) : state;
      case CharacterClass.letters:
        return this.#letters(state, foldedOf(unit).letters);
      case CharacterClass.dependent:
        return isStrayMark(text, at) ? state : this.#letters(state, foldedOf(unit).letters);
      default:
        return state;
    }
  }

  /** A pair is read at its second half, so that what follows it is what ends a word. */
  #low(state: number, text: string, at: number): number {
    const codePoint = at > 0 ? text.codePointAt(at - 1)! : 0;
    if (codePoint <= 0xffff) return state;
    const { kind, letters } = foldedOf(codePoint);
    if (kind === CharacterClass.dependent && isStrayMark(text, at - 1)) return state;
    return this.#letters(state, letters);
  }

  #letters(state: number, letters: string): number {
    let reached = state;
    let ended = false;
    for (let i = 0; i < letters.length; i++) {
      reached = this.#letter(reached, letters.charCodeAt(i));
      if (reached < 0) {
        ended = true;
        reached = ~reached;
      }
    }
    return ended ? ~reached : reached;
  }

  #letter(state: number, letter: number): number {
    const { asciiSymbol, highSymbol, lowSymbol } = this.#automaton;
    const next = this.#next;
    if (letter < 128) return next[state + asciiSymbol[letter]!]!;
    const middle = next[state + highSymbol[letter >> 8]!]!;
    return next[(middle < 0 ? ~middle : middle) + lowSymbol[letter & 255]!]!;
  }
}

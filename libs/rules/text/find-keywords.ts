import { CharacterClass } from './fold.ts';
import { foldedOf, kindOf, letterOf } from './fold-table.ts';
import { Gap, GapReader } from './gaps.ts';
import type { KeywordAutomaton, KeywordPattern } from './keyword-automaton.ts';
import { leetClass, standsIn } from './leet.ts';
import { hasInnerSign, QuickScan } from './quick-scan.ts';
import { endsWord, startsWord } from './word-boundary.ts';

/** A keyword found, in UTF-16 offsets of the scanned text. `how` names the tricks that hid it. */
export interface KeywordHit {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly how: readonly string[];
}

/** Of one keyword in one text so many places are reported. */
const hitsPerKeyword = 20;
/** Look-ups spent on candidates: so many for each code unit, and a start. Only contrived keywords need more. */
const effortPerUnit = 32;
const effortAtLeast = 500_000;

const ring = 512;
const mask = ring - 1;
const splitMinimumLetters = 6;
const spacedMinimumLetters = 3;

/**
 * Finds whole keywords in one pass over the letters of a text, in whatever case, script, spacing or leetspeak they
 * are spelled. Time is linear in the text: a candidate is accepted or refused by look-ups of what was last seen.
 */
export class KeywordFinder {
  readonly #automaton: KeywordAutomaton;
  readonly #quick: QuickScan;
  readonly #starts = new Int32Array(ring);
  readonly #gaps = new Uint8Array(ring);
  readonly #seen = new Uint16Array(ring);
  readonly #gap = new GapReader();
  #text = '';
  #report: (hit: KeywordHit) => void = () => {};
  #signsAreLetters = true;
  readonly #hits = new Map<number, number>();
  #effort = 0;
  #state = 0;
  #count = 0;
  /** Index of the last letter with any gap before it, with none, with one no word survives, with a far one. */
  #lastGap = 0;
  #lastJoined = 0;
  #lastTorn = 0;
  #lastFar = 0;

  constructor(automaton: KeywordAutomaton) {
    this.#automaton = automaton;
    this.#quick = new QuickScan(automaton);
  }

  /**
   * Reports the keywords in `text`, each at its first places. False where the text was too intricate to be searched
   * to its end, which takes a text made for it and keywords that repeat one another.
   */
  find(text: string, report: (hit: KeywordHit) => void): boolean {
    this.#text = text;
    this.#report = report;
    this.#hits.clear();
    this.#effort = effortAtLeast + effortPerUnit * text.length;
    if (this.#quick.mayHold(text, true)) this.#pass(true);
    if (hasInnerSign(text) && this.#quick.mayHold(text, false)) this.#pass(false);
    this.#text = '';
    return this.#effort > 0;
  }

  /** One pass, signs read as letters or as marks. */
  #pass(signsAreLetters: boolean): void {
    const text = this.#text;
    const { asciiSymbol } = this.#automaton;
    this.#signsAreLetters = signsAreLetters;
    this.#restart();
    let gapOpen = true;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const kind = kindOf(unit);
      if (kind === CharacterClass.letter) {
        const gap = gapOpen ? this.#gap.kind() : Gap.none;
        gapOpen = false;
        const letter = letterOf(unit);
        if (letter < 128) this.#push(letter, asciiSymbol[letter]!, gap, at, at + 1);
        else this.#pushWide(letter, gap, at, at + 1);
      } else if (kind === CharacterClass.sign && signsAreLetters) {
        const gap = gapOpen ? this.#gap.kind() : Gap.none;
        gapOpen = false;
        this.#push(unit, asciiSymbol[unit]!, gap, at, at + 1);
      } else if (kind === CharacterClass.invisible) {
      } else if (kind === CharacterClass.letters || (unit & 0xf800) === 0xd800) {
        const codePoint = text.codePointAt(at)!;
        const end = at + (codePoint > 0xffff ? 2 : 1);
        const folded = foldedOf(codePoint);
        if (folded.letters !== '') {
          let gap: number = gapOpen ? this.#gap.kind() : Gap.none;
          gapOpen = false;
          for (let i = 0; i < folded.letters.length; i++) {
            const letter = folded.letters.charCodeAt(i);
            if (letter < 128) this.#push(letter, asciiSymbol[letter]!, gap, at, end);
            else this.#pushWide(letter, gap, at, end);
            gap = Gap.none;
          }
        } else if (folded.kind !== CharacterClass.invisible) {
          if (!gapOpen) this.#gap.reset();
          gapOpen = true;
          this.#gap.add(codePoint, folded.kind);
        }
        at = end - 1;
      } else {
        if (!gapOpen) this.#gap.reset();
        gapOpen = true;
        this.#gap.add(unit, kind);
      }
    }
  }

  #restart(): void {
    this.#state = 0;
    this.#count = 0;
    this.#lastGap = 0;
    this.#lastJoined = 0;
    this.#lastTorn = 0;
    this.#lastFar = 0;
    this.#gap.reset();
  }

  #pushWide(letter: number, gap: number, start: number, end: number): void {
    const { next, highSymbol } = this.#automaton;
    this.#state = next[this.#state + highSymbol[letter >> 8]!]!;
    this.#push(letter, this.#automaton.lowSymbol[letter & 255]!, gap, start, end);
  }

  #push(letter: number, symbol: number, gap: number, start: number, end: number): void {
    const index = this.#count++;
    const slot = index & mask;
    this.#starts[slot] = start;
    this.#gaps[slot] = gap;
    this.#seen[slot] = letter;
    if (gap === Gap.none) this.#lastJoined = index;
    else {
      this.#lastGap = index;
      if (gap >= Gap.mixed) this.#lastTorn = index;
      if (gap === Gap.far) this.#lastFar = index;
    }
    const { next, ending, width } = this.#automaton;
    this.#state = next[this.#state + symbol]!;
    const first = ending[this.#state / width]!;
    if (first !== -1) this.#candidates(first, end);
  }

  #candidates(first: number, end: number): void {
    if (!endsWord(this.#text, end)) return;
    const { endings } = this.#automaton;
    for (let at = first; at !== -1 && this.#effort > 0; at = endings[at]!.following) {
      this.#effort--;
      this.#consider(endings[at]!.pattern, end);
    }
  }

  #consider(pattern: KeywordPattern, end: number): void {
    const firstLetter = this.#count - pattern.letters.length;
    if (firstLetter < 0 || this.#lastFar > firstLetter) return;
    const hits = this.#hits.get(pattern.id) ?? 0;
    if (hits >= hitsPerKeyword) return;
    const spacing = this.#spacing(pattern, firstLetter);
    if (spacing === 'torn') return;
    const start = this.#starts[firstLetter & mask]!;
    if (!startsWord(this.#text, start)) return;
    this.#effort -= pattern.letters.length;
    const spelling = this.#spelling(pattern, firstLetter);
    if (spelling === 'other') return;
    const written = this.#text.slice(start, end);
    if (!this.#signsAreLetters && !/[@$!|+]/.test(written)) return;
    const how: string[] = pattern.variant === undefined ? [] : [pattern.variant];
    if (spacing === 'spaced') how.push('spacing');
    if (spelling === 'leetspeak') how.push('leetspeak');
    if (pattern.ascii && /[^\0-\x7f]/.test(written)) how.push('unicode');
    this.#hits.set(pattern.id, hits + 1);
    this.#report({ id: pattern.id, start, end, how });
  }

  /** Whether the gaps inside leave a word: as written, spaced out, or torn into what isn't it. */
  #spacing(pattern: KeywordPattern, first: number): 'plain' | 'spaced' | 'torn' {
    if (this.#lastGap <= first) return 'plain';
    const length = pattern.letters.length;
    const whole = this.#lastTorn <= first;
    if (whole && pattern.wordStarts.length > 0 && this.#gapsAtWordsOnly(pattern, first)) return 'plain';
    if (whole && length >= splitMinimumLetters) return 'spaced';
    return this.#lastJoined <= first && length >= spacedMinimumLetters ? 'spaced' : 'torn';
  }

  #gapsAtWordsOnly(pattern: KeywordPattern, first: number): boolean {
    let word = 0;
    for (let i = 1; i < pattern.letters.length; i++) {
      const gap = this.#gaps[(first + i) & mask]!;
      if (pattern.wordStarts[word] === i) word++;
      else if (gap !== Gap.none) return false;
      if (gap > Gap.marked) return false;
    }
    return true;
  }

  /** Compares letter by letter: equal, with stand-ins, or another word of the same leet class. */
  #spelling(pattern: KeywordPattern, first: number): 'plain' | 'leetspeak' | 'other' {
    const { letters } = pattern;
    let standIns = 0;
    for (let i = 0; i < letters.length; i++) {
      const seen = this.#seen[(first + i) & mask]!;
      const wanted = letters[i]!;
      if (seen === wanted) continue;
      if (standsIn(seen, wanted)) standIns++;
      else if (!this.#confusable(seen, wanted, first + i)) return 'other';
    }
    if (standIns === 0) return 'plain';
    const enough = letters.length >= 4 && letters.length - standIns >= letters.length / 3;
    return enough && pattern.variant === undefined ? 'leetspeak' : 'other';
  }

  /** Capital I for l, and l for I among capitals, look the same in most typefaces. */
  #confusable(seen: number, wanted: number, index: number): boolean {
    if (leetClass(seen) !== leetClass(wanted)) return false;
    const at = this.#starts[index & mask]!;
    const written = this.#text[at];
    if (written === 'I') return wanted === 108;
    const before = this.#text[at - 1] ?? '';
    return written === 'l' && wanted === 105 && /[A-Z]/.test(before);
  }
}

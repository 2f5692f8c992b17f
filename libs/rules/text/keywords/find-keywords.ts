import { CharacterClass } from '../folding/fold.ts';
import { foldedOf, kindOf, letterOf } from '../folding/fold-table.ts';
import { leetClass, standsIn } from '../folding/leet.ts';
import { isStrayMark } from '../folding/stray-marks.ts';
import { Gap, GapReader } from './gaps.ts';
import type { KeywordAutomaton, KeywordPattern } from './keyword-automaton.ts';
import { LetterTrail } from './letter-trail.ts';
import { QuickScan } from './quick-scan.ts';
import { hasInnerSign, holdsSign } from './signs.ts';
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
const leetMinimumLetters = 4;

/** Letters of other scripts that are drawn as a bar, as a capital I and a small l are. */
const barLike = new Set('ΙІӀǀןוᛁⲒꓲ');

/**
 * Finds whole keywords in one pass over the letters of a text, in whatever case, script, spacing or leetspeak they
 * are spelled. Time is linear in the text: a candidate is accepted or refused by look-ups of what was last seen.
 */
export class KeywordFinder {
  readonly #automaton: KeywordAutomaton;
  readonly #quick: QuickScan;
  readonly #trail = new LetterTrail();
  readonly #gap = new GapReader();
  readonly #hits = new Map<number, number>();
  #text = '';
  #report: (hit: KeywordHit) => void = () => {};
  #signsAreLetters = true;
  #state = 0;
  #effort = 0;

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
    this.#signsAreLetters = signsAreLetters;
    this.#state = 0;
    this.#trail.clear();
    this.#gap.reset();
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const kind = kindOf(unit);
      if (kind === CharacterClass.letter) this.#letter(letterOf(unit), this.#gap.close(), at, at + 1);
      else if (kind === CharacterClass.sign && signsAreLetters)
        this.#letter(letterOf(unit), this.#gap.close(), at, at + 1);
      else if (
        kind === CharacterClass.letters ||
        kind === CharacterClass.dependent ||
        (unit & 0xf800) === 0xd800
      )
        at = this.#codePoint(at) - 1;
      else if (kind !== CharacterClass.invisible) this.#gap.add(unit, kind);
    }
  }

  /** Reads what the table doesn't hold: pairs, and characters of several letters. Gives the offset after it. */
  #codePoint(at: number): number {
    const codePoint = this.#text.codePointAt(at)!;
    const end = at + (codePoint > 0xffff ? 2 : 1);
    const { letters, kind } = foldedOf(codePoint);
    if (kind === CharacterClass.dependent && isStrayMark(this.#text, at)) return end;
    if (letters !== '') {
      let gap = this.#gap.close();
      for (let i = 0; i < letters.length; i++) {
        this.#letter(letters.charCodeAt(i), gap, at, end);
        gap = Gap.none;
      }
    } else if (kind !== CharacterClass.invisible) this.#gap.add(codePoint, kind);
    return end;
  }

  #letter(letter: number, gap: number, start: number, end: number): void {
    this.#trail.push(letter, gap, start);
    const { next, ending, width, asciiSymbol, highSymbol, lowSymbol } = this.#automaton;
    if (letter < 128) this.#state = next[this.#state + asciiSymbol[letter]!]!;
    else {
      const middle = next[this.#state + highSymbol[letter >> 8]!]!;
      this.#state = next[middle + lowSymbol[letter & 255]!]!;
    }
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
    const first = this.#trail.count - pattern.letters.length;
    const hits = this.#hits.get(pattern.id) ?? 0;
    if (first < 0 || hits >= hitsPerKeyword) return;
    const spacing = this.#trail.spacing(pattern, first);
    if (spacing === 'torn') return;
    const start = this.#trail.startAt(first);
    if (!startsWord(this.#text, start)) return;
    this.#effort -= pattern.letters.length;
    const spelling = this.#spelling(pattern, first);
    if (spelling === 'other') return;
    const written = this.#text.slice(start, end);
    // What holds no sign was found by the pass that reads signs as letters.
    if (!this.#signsAreLetters && !holdsSign(written)) return;
    const how: string[] = pattern.variant === undefined ? [] : [pattern.variant];
    if (spacing === 'spaced') how.push('spacing');
    if (spelling === 'leetspeak') how.push('leetspeak');
    if (pattern.ascii && /[^\0-\x7f]/.test(written)) how.push('unicode');
    this.#hits.set(pattern.id, hits + 1);
    this.#report({ id: pattern.id, start, end, how });
  }

  /** Compares letter by letter: equal, with stand-ins, or another word of the same leet class. */
  #spelling(pattern: KeywordPattern, first: number): 'plain' | 'leetspeak' | 'other' {
    const { letters } = pattern;
    let standIns = 0;
    for (let i = 0; i < letters.length; i++) {
      const seen = this.#trail.letterAt(first + i);
      const wanted = letters[i]!;
      if (seen === wanted) continue;
      if (standsIn(seen, wanted)) standIns++;
      else if (!this.#confusable(seen, wanted, first + i)) return 'other';
    }
    if (standIns === 0) return 'plain';
    const enough = letters.length >= leetMinimumLetters && letters.length - standIns >= letters.length / 3;
    return enough && pattern.variant === undefined ? 'leetspeak' : 'other';
  }

  /** Capital I for l, and l for I among capitals, look the same in most typefaces. */
  #confusable(seen: number, wanted: number, index: number): boolean {
    if (leetClass(seen) !== leetClass(wanted)) return false;
    const at = this.#trail.startAt(index);
    const written = this.#text[at];
    if (written === 'I') return wanted === 108;
    if (written !== undefined && barLike.has(written)) return wanted === 108;
    const before = this.#text[at - 1] ?? '';
    return written === 'l' && wanted === 105 && /[A-Z]/.test(before);
  }
}

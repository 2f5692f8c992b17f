import type { Trial } from '../span.ts';
import type { AllowList } from './allow-list.ts';
import { hasContext } from './context.ts';
import type { Detector } from './detector.ts';
import { isNormal, type NormalisedText, normalise } from './normalise.ts';
import {
  type Around,
  CONTEXT_BOOST,
  type DetectorRule,
  type NoneBeyond,
  type Swallow,
  type Verdict,
} from './rule.ts';
import { Tries } from './tries.ts';

/** A piece of text a rule, its check, its context and the threshold all agree on. */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly entity: string;
  readonly rule: string;
  readonly score: number;
  readonly swallow?: Swallow;
}

/** A start in the text that the scanner holds. */
export interface Place {
  readonly buffer: string;
  readonly start: number;
  /** Where the buffer starts in the whole text. */
  readonly base: number;
  /** The text before the start, as far as context counts. */
  readonly left: () => string;
}

export interface Judgement {
  readonly candidates: readonly Candidate[];
  /** The end of an allowed value that starts here, or 0. */
  readonly allowedEnd: number;
}

export interface JudgeOptions {
  readonly thresholdOf: (entity: string) => number;
  readonly allow: Pick<AllowList, 'allows'>;
  readonly trace?: (trial: Trial) => void;
}

/** Decides about the endings the automaton found at one start. Pure: the same text gives the same judgement. */
export class Judge {
  /** By rule; asked for at most places where digits stand. */
  private readonly thresholds: readonly number[];
  private readonly tries: Tries;

  constructor(
    private readonly detector: Detector,
    private readonly options: JudgeOptions,
  ) {
    const byEntity = new Map<string, number>();
    this.thresholds = detector.rules.map(({ entity }) => {
      const threshold = byEntity.get(entity) ?? options.thresholdOf(entity);
      byEntity.set(entity, threshold);
      return threshold;
    });
    this.tries = new Tries(detector.rules.length);
  }

  candidates(place: Place, endings: readonly number[]): Judgement {
    const { start, buffer } = place;
    const around = new Surroundings(place.left);
    const longest = buffer.slice(start, endings.at(-1));
    const isPlain = isNormal(longest);
    const candidates: Candidate[] = [];
    let allowedEnd = 0;
    let goesOn = false;
    this.tries.begin();
    for (let k = endings.length - 2; k >= 0; k -= 2) {
      const index = endings[k]!;
      const end = endings[k + 1]!;
      const rule = this.detector.rules[index]!;
      if (rule.continues) {
        goesOn = true;
        continue;
      }
      const tries = this.tries.take(index, end - start, rule.maxLength);
      if (tries === 0) continue;
      around.isLongest = tries === 1 && !goesOn;
      const read = isPlain ? plain(longest, end - start) : normalise(buffer.slice(start, end));
      const found = this.candidate(index, place, around, end, read);
      if (found === undefined) {
        if (rule.longestOnly) this.tries.settle(index);
        continue;
      }
      if (typeof found === 'number') {
        this.tries.limit(index, found);
        continue;
      }
      this.tries.settle(index);
      if (found === 'allowed') allowedEnd = Math.max(allowedEnd, end);
      else candidates.push(found);
    }
    return { candidates, allowedEnd };
  }

  /** A number: nothing longer than this from the same start can be one. */
  private candidate(
    index: number,
    place: Place,
    around: Surroundings,
    end: number,
    { text, origin }: NormalisedText,
  ): Candidate | 'allowed' | number | undefined {
    const rule = this.detector.rules[index]!;
    if (rule.guard) return 'allowed';
    const { start } = place;
    const threshold = this.thresholds[index]!;
    const isEnough = (score: number) => raise(rule, score, around) >= threshold;
    const verdict = rule.check ? rule.check(text, isEnough, around) : true;
    if (verdict === false || isNoneBeyond(verdict)) {
      this.trace({ start, end, entity: rule.entity, rule: rule.id, score: 0 }, place, 'check failed');
      if (verdict === false) return undefined;
      return origin ? origin[verdict.noneBeyond]! : verdict.noneBeyond;
    }
    const part = locate(verdict, text.length);
    const score = raise(rule, baseScore(rule, verdict), around);
    const found: Candidate = {
      start: start + (origin ? origin[part.start]! : part.start),
      end: start + (origin ? origin[part.end]! : part.end),
      entity: rule.entity,
      rule: part.rule ?? rule.id,
      score,
      ...(rule.swallow && part.end === text.length && { swallow: rule.swallow }),
    };
    if (score < threshold) {
      this.trace(found, place, 'below threshold');
      return undefined;
    }
    if (this.options.allow.allows(rule.entity, text.slice(part.start, part.end))) {
      this.trace(found, place, 'allowed');
      return 'allowed';
    }
    this.trace(found, place, 'kept');
    return found;
  }

  private trace(found: Candidate, place: Place, outcome: Trial['outcome']): void {
    const { trace } = this.options;
    if (!trace) return;
    const { entity, rule, score } = found;
    trace({ start: found.start + place.base, end: found.end + place.base, entity, rule, score, outcome });
  }
}

type Positive = Exclude<Verdict, false | NoneBeyond>;

function isNoneBeyond(verdict: Verdict): verdict is NoneBeyond {
  return typeof verdict === 'object' && 'noneBeyond' in verdict;
}

function baseScore(rule: DetectorRule, verdict: Positive): number {
  if (typeof verdict === 'number') return verdict;
  return typeof verdict === 'object' ? (verdict.score ?? rule.score) : rule.score;
}

function plain(text: string, length: number): NormalisedText {
  return { text: length === text.length ? text : text.slice(0, length), origin: undefined };
}

const LETTER = /[a-z\u0080-\uffff]/i;

/** What stands to the left of one start: looked at once, however many rules and ends ask. */
class Surroundings implements Around {
  isLongest = false;
  private text: string | undefined;
  private letters: boolean | undefined;
  private announced: Map<DetectorRule, boolean> | undefined;

  constructor(private readonly read: () => string) {}

  readonly left = (): string => {
    this.text ??= this.read();
    return this.text;
  };

  /** Every context word has one; in rows of numbers none has to be looked for. */
  private get hasLetters(): boolean {
    this.letters ??= LETTER.test(this.left());
    return this.letters;
  }

  announces(rule: DetectorRule): boolean {
    this.announced ??= new Map();
    const known = this.announced.get(rule);
    if (known !== undefined) return known;
    const found =
      rule.context !== undefined &&
      this.hasLetters &&
      hasContext(this.left(), rule.context, rule.contextReach);
    this.announced.set(rule, found);
    return found;
  }
}

/** The score, raised if one of the rule's words stands shortly before. */
function raise(rule: DetectorRule, score: number, around: Surroundings): number {
  if (score >= 1 || !rule.context || !around.announces(rule)) return score;
  return Math.min(1, Math.round((score + CONTEXT_BOOST) * 100) / 100);
}

function locate(verdict: Positive, length: number): { start: number; end: number; rule?: string } {
  return typeof verdict === 'object' ? verdict : { start: 0, end: length };
}

/** The highest score; among equals the longest, then the first. */
export function strongest(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (!best || candidate.score > best.score) best = candidate;
    else if (candidate.score === best.score && candidate.end - candidate.start > best.end - best.start)
      best = candidate;
  }
  return best;
}

import type { CharSet } from '../automaton/char-set.ts';
import type { Pattern } from '../automaton/parse-pattern.ts';

/**
 * What a check says of a candidate: no; no, nor any text from this start that is longer than so much; yes; yes with this
 * score; or yes, but only this part of it.
 */
export type Verdict =
  | boolean
  | number
  | NoneBeyond
  | { readonly start: number; readonly end: number; readonly score?: number; readonly rule?: string };

export interface NoneBeyond {
  readonly noneBeyond: number;
}

/** What a check may know of the text around a candidate. */
export interface Around {
  /** The text before it. */
  readonly left: () => string;
  /** No longer text that starts here matches the pattern, and it doesn't go on in what an earlier pass put there. */
  readonly isLongest: boolean;
}

/**
 * What a pattern cannot say. `isEnough` tells whether a score, raised by what stands to the left, would reach the
 * threshold; costly checks ask it first.
 */
export type Check = (value: string, isEnough: (score: number) => boolean, around: Around) => Verdict;

/** One format. Patterns are regular; what a pattern cannot say (checksums, entropy) is the check's. */
export interface DetectorRule {
  readonly id: string;
  readonly entity: string;
  readonly pattern: string | Pattern | (() => Pattern);
  readonly ignoreCase?: boolean;
  /** Characters that must not stand directly before the match. */
  readonly left?: CharSet;
  /** Characters that must not stand directly after it. */
  readonly right?: CharSet;
  /** 0–1, on Presidio's scale: shape 0.05–0.3, distinctive shape 0.4–0.6, checksum or vendor prefix 0.9–1. */
  readonly score: number;
  /** Sees the normalised text of the candidate. */
  readonly check?: Check;
  /** Lower-case words that raise the score when they stand shortly before. */
  readonly context?: readonly string[];
  /** How far left they may stand, in code units; 80 unless told, 300 at most. */
  readonly contextReach?: number;
  /** Only the longest end is a candidate; a shorter one would be a piece of something else. */
  readonly longestOnly?: boolean;
  /** Longest match in code units. */
  readonly maxLength?: number;
  /** For tokens without a length limit: past the hold limit, the characters that still belong to it. */
  readonly swallow?: Swallow;
  /** Text that is passed over untouched, such as an earlier placeholder. */
  readonly guard?: boolean;
  /** Not a value: a match says that shorter ones from this start are pieces of something longer. */
  readonly continues?: boolean;
}

export type Swallow =
  | { readonly kind: 'while'; readonly set: CharSet }
  | { readonly kind: 'armour'; readonly set: CharSet };

/** Added to a score by a context word on the left. */
export const CONTEXT_BOOST = 0.38;

import type { Candidate } from '../detecting/judge.ts';

/** A stretch that is masked as one: the union of overlapping candidates, named after the strongest. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly best: Candidate;
  readonly members: readonly Candidate[];
}

/** Where the scanner delivers. Text and regions arrive in order and cover the input exactly once. */
export interface ScanSink {
  /** `passed`: what an earlier pass put there, or an allowed value. */
  text(text: string, passed?: boolean): void;
  /** `offset` is where the region starts in the whole input. */
  region(region: Region, value: string, offset: number): void;
  /** More characters of the last region: an open-ended token that went on. */
  swallowed(count: number, text: string): void;
  /** What the sink itself holds is to be decided now: a long undecided stretch follows it, which begins like this. */
  settle?(ahead: string): void;
}

/** What takes text in pieces and delivers it to a sink. */
export interface TextScanner {
  readonly heldChars: number;
  /** Takes candidates that were found elsewhere, at offsets of the text that is still to come. */
  reserve(candidates: readonly Candidate[]): void;
  push(chunk: string): void;
  end(): void;
}

import type { Finding, Span } from '../span.ts';

/** Masks one text that arrives in pieces. What it emits depends on the whole text, never on how it was cut. */
export interface MaskStream {
  /** Returns what is decided by now; never part of a value that will be masked. */
  push(chunk: string): string;
  /** Decides the rest. The stream takes no more text. */
  end(): string;
  readonly findings: readonly Finding[];
  /** From the first finding whose operator blocks, or after a failure, nothing more is emitted. */
  readonly blocked: boolean;
  /** Code units held back because they are undecided. */
  readonly heldChars: number;
}

export interface StreamOptions {
  /** Text that stands before this one for the rules' eyes only (`"ssn": "`): at most its last 200 characters count. */
  readonly before?: string;
  /** Whether what stood in this text may be restored later (`Masker.issued`); true unless told. */
  readonly restorable?: boolean;
  /** What another detector found in this text, by offsets of it. Kept in order; overlaps are allowed. */
  readonly given?: readonly Span[];
}

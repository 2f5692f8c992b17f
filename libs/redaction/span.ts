/** A place where an entity was recognised; offsets are UTF-16 code units of the original text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly entity: string;
  readonly score: number;
  readonly rule: string;
}

/** What was done to one place of a text. Never holds the value. */
export interface Finding extends Span {
  readonly operator: string;
  /** Of plain texts: how many UTF-16 code units stand for it in the masked text. */
  readonly standsFor?: number;
}

/** Why a candidate was kept or dropped (`sallyport mask --try`). */
export interface Trial extends Span {
  readonly outcome: 'kept' | 'check failed' | 'below threshold' | 'allowed';
}

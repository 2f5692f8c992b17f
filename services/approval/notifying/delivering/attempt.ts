/** How one attempt to send something went. */
export type Attempt =
  | { kind: 'delivered' }
  /** `error` is a code without anybody's data. */
  | { kind: 'failed'; error: string; askedMs?: number }
  /** Trying again would change nothing. */
  | { kind: 'refused'; error: string }
  /** The receiver said that it is gone for good. */
  | { kind: 'gone'; error: string }
  /** There is nothing to tell any more, or nobody to tell it to. */
  | { kind: 'skipped'; why: string };

export const failed = (error: string): Attempt => ({ kind: 'failed', error });
export const refused = (error: string): Attempt => ({ kind: 'refused', error });
export const skipped = (why: string): Attempt => ({ kind: 'skipped', why });

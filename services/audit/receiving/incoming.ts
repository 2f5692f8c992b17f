/** An event as the stream holds it. */
export interface Incoming {
  subject: string;
  /** `Nats-Msg-Id`; empty where there is none. */
  messageId: string;
  sequence: number;
  /** When the stream stored it, ms since the epoch. */
  atMs: number;
  payload: Uint8Array;
  /** The trace that it was published in (W3C Trace Context), where spans go somewhere. */
  traceparent?: string;
}

/** Sequences that the stream doesn't hold any more. */
export interface Lost {
  from: number;
  to: number;
}

/** Whether two messages of one sequence are the same message. */
export function isSame(
  a: Pick<Incoming, 'messageId' | 'atMs' | 'subject'>,
  b: Pick<Incoming, 'messageId' | 'atMs' | 'subject'>,
): boolean {
  return a.messageId === b.messageId && a.atMs === b.atMs && a.subject === b.subject;
}

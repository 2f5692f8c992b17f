import type { Masks } from './mask.ts';
import type { AnswerRecord } from './record.ts';

/** How a stream is masked. Without a mask every event passes as it came. */
export interface StreamOptions extends Masks {
  /** The request asked for JSON output: the main text is masked so that it stays JSON. */
  readonly contentIsJson?: boolean | undefined;
  /** One event, at most, in UTF-16 code units. Default 8 Mi. */
  readonly maxEventChars?: number;
  /** All text of the answer, at most, in UTF-16 code units. Default 32 Mi. */
  readonly maxAnswerChars?: number;
}

/**
 * How a stream ended. `finished`: with its finish. `upstream_error`: with an error event, which was passed on.
 * `truncated`: without a finish; `invalid`: with something that is not an event; `too_large`: past a limit.
 * After the last three the client still needs an error event; held text was dropped.
 */
export type StreamEnding = 'finished' | 'upstream_error' | 'truncated' | 'invalid' | 'too_large';

/** The rest of a stream and what it was. */
export interface StreamEnd {
  readonly bytes: Uint8Array;
  readonly ending: StreamEnding;
  /** Whether the client has a clean, finished answer. */
  readonly complete: boolean;
  readonly record: AnswerRecord;
}

/** Turns what the model's server sends into what the client may read. Exceptions of the mask pass through: drop the stream. */
export interface AnswerStream {
  /** Takes bytes cut anywhere; returns bytes that are decided, whole events each. */
  push(bytes: Uint8Array): Uint8Array;
  /** Nothing more will come out: the stream said so, failed, or broke a limit. */
  readonly isOver: boolean;
  end(): StreamEnd;
}

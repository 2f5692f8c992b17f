import type { WireAnswer, WireError } from './error.ts';

/** A model a caller may use. */
export interface ModelEntry {
  readonly id: string;
  readonly ownedBy: string;
  /** Unix time in seconds. */
  readonly createdAtS: number;
}

/** How the gateway's own words look in a client protocol. */
export interface Wire {
  readonly streamType: string;
  /** Bytes that keep a connection open while nothing is decided. Only between events. */
  readonly keepAlive: string;
  readonly writeError: (error: WireError) => WireAnswer;
  /** The last event of a stream that failed: the client's library raises it. */
  readonly writeStreamError: (error: WireError) => string;
  /** The body of a model list; undefined where the protocol has none. */
  readonly writeModels?: (models: readonly ModelEntry[]) => string;
  readonly writeModel?: (model: ModelEntry) => string;
}

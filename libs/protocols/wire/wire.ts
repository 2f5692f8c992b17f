import type { WireAnswer, WireError } from './error.ts';

/** A model a caller may use. */
export interface ModelEntry {
  readonly id: string;
  readonly ownedBy: string;
  /** Unix time in seconds. */
  readonly createdAtS: number;
}

/** A request that is answered later, as its client may see it. */
export interface BackgroundState {
  readonly id: string;
  readonly status: 'queued' | 'in_progress' | 'failed' | 'cancelled';
  /** Unix time in seconds. */
  readonly createdAtS: number;
  readonly model: string | undefined;
  readonly error?: { readonly code: string; readonly message: string };
}

/** How the gateway's own words look in a client protocol. */
export interface Wire {
  readonly streamType: string;
  /** A header of the protocol's own for the request's id, on every answer. */
  readonly idHeader?: string;
  /** Bytes that keep a connection open while nothing is decided. Only between events. */
  readonly keepAlive: string;
  readonly writeError: (error: WireError) => WireAnswer;
  /** The last event of a stream that failed: the client's library raises it. */
  readonly writeStreamError: (error: WireError) => string;
  /** The body of a model list; undefined where the protocol has none. */
  readonly writeModels?: (models: readonly ModelEntry[]) => string;
  /** The body that stands for a request answered later; undefined where the protocol has no such thing. */
  readonly writeBackground?: (state: BackgroundState) => string;
  /** The body that says that a stored answer is gone. */
  readonly writeDeleted?: (id: string) => string;
  readonly writeModel?: (model: ModelEntry) => string;
}

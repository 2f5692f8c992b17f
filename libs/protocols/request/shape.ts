import type { Json, JsonObject } from '../json/json.ts';
import type { Route } from '../route.ts';

/** Why a part of a request can't be read as text. */
export type UnreadableKind =
  | 'tokens'
  | 'embedding'
  | 'image'
  | 'audio'
  | 'video'
  | 'file'
  | 'file_id'
  | 'reference'
  | 'encrypted'
  | 'unknown_part';

/** A part of a request whose meaning is not in its text: it counts as matching every prompt condition. */
export interface Unreadable {
  readonly pointer: string;
  readonly kind: UnreadableKind;
  /** As declared by the client, not checked. */
  readonly mediaType?: string;
  /** Length of the encoded data in UTF-16 code units, or the count of numbers. */
  readonly size?: number;
}

/** A place outside that the model's server is asked to read from. */
export interface RemoteUrl {
  readonly pointer: string;
  readonly url: string;
}

/** Collects what a protocol finds in a body. */
export interface Finds {
  unreadable(find: Unreadable): void;
  remote(pointer: string, url: string): void;
}

/** A reference to earlier turns that are not in the body. */
export interface Continuation {
  readonly conversation?: string;
  readonly previousResponse?: string;
}

/** How a protocol's request bodies are read. */
export interface RequestShape {
  /** Member names that are the protocol's vocabulary; all others are text a client chose. */
  readonly knownKeys: ReadonlySet<string>;
  /** Members below which names are the client's own, so that their case is not checked. */
  readonly freeKeys: ReadonlySet<string>;
  /** Top-level member that holds the turns: an array (a turn each) or a single value (one turn). */
  readonly turnsAt: (route: Route) => string;
  /** Whether an absent or null `stream` means a stream. */
  readonly streamsByDefault: (route: Route) => boolean;
  readonly requires: (route: Route) => readonly Required[];
  /** Whether the string at that pointer is JSON text. */
  readonly isJsonText: (pointer: string) => boolean;
  readonly find: (body: JsonObject, finds: Finds, route: Route) => void;
  readonly roleOf: (turn: Json) => string | undefined;
  /** The structure is the client's own: fields that a profile names by path are looked for in it. */
  readonly hasFields?: boolean;
  readonly isBackground?: (body: JsonObject) => boolean;
  readonly continuation?: (body: JsonObject) => Continuation;
  readonly answersJson?: (body: JsonObject) => boolean;
}

/** A member that must be there, of one of these types. */
export interface Required {
  readonly name: string;
  readonly types: readonly ('string' | 'array' | 'object')[];
}

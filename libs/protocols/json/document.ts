import type { Json } from './json.ts';

/** Why a text was not accepted as JSON. */
export type JsonFaultCode =
  | 'invalid_utf8'
  | 'invalid_json'
  | 'trailing_data'
  | 'too_deep'
  | 'ambiguous_key'
  | 'number_out_of_range'
  | 'lone_surrogate';

/** A fault with its UTF-16 offset in the text and the JSON Pointer of the value (or member) at fault. */
export interface JsonFault {
  readonly code: JsonFaultCode;
  readonly offset: number;
  readonly pointer: string;
}

/** A string literal: its value, its JSON Pointer, and where its literal (with the quotes) is in the source. */
export interface StringAt {
  readonly pointer: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A member name; `pointer` then points at the member. */
  readonly key: boolean;
}

/** Where an object or array is in the source, brackets included. */
export interface ContainerAt {
  readonly pointer: string;
  /** Containers around it. */
  readonly depth: number;
  readonly start: number;
  readonly end: number;
}

/** A parsed text. `strings` and `containers` are in document order (containers by their end). */
export interface JsonDocument {
  readonly source: string;
  readonly value: Json;
  readonly strings: readonly StringAt[];
  readonly containers: readonly ContainerAt[];
}

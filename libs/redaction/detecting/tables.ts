import type { Alphabet } from '../automaton/alphabet.ts';
import type { Positions } from '../automaton/positions.ts';

/** What compiling patterns takes time for: plain data, so that another thread can make it. */
export interface DetectorTables {
  readonly positions: Positions;
  readonly alphabet: Alphabet;
  /** By rule: the index of its boundary's set. */
  readonly leftIds: ReadonlyArray<number | undefined>;
  readonly rightIds: ReadonlyArray<number | undefined>;
}

/** Tables as text: the lengths of eight lists and the lists, packed, in base64. */
export interface PackedTables {
  /** Of the rules' patterns and boundaries; see `fingerprintOf`. */
  readonly fingerprint: string;
  readonly alphabetSize: number;
  readonly lengths: readonly number[];
  readonly lists: readonly string[];
}

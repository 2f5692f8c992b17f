import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { StoredEntry } from '../entries/entry-reader.ts';

/** A stretch of the ledger on its way out. */
export interface Piece {
  /** Entries `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** When its first entry was recorded. */
  readonly sinceMs: number;
  /** An export of just this stretch, which verifies by itself: lines of NDJSON, read once. */
  lines(): AsyncIterable<string>;
  /** The entries with what readers may see of them. */
  records(): AsyncIterable<PieceRecord>;
}

/** An entry as a log record has it. */
export interface PieceRecord {
  readonly stored: StoredEntry;
  /** The event's name; `gap` for a recorded gap. */
  readonly name: string;
  /** The head as JSON. */
  readonly head: string;
  /** The request that it is about. */
  readonly requestId: string | null;
  /** How a request ended, where it says so. */
  readonly outcome: string | null;
}

/** Somewhere that keeps copies of the ledger. */
export interface SinkTarget {
  /**
   * Resolves once the piece is kept there, with how many of its entries the other side refused for good. The same piece
   * may come again. Throws where it was not taken.
   */
  deliver(piece: Piece, signal: AbortSignal): Promise<number>;
  close?(): void;
}

/** The name of a piece: pieces sort by it. */
export function pieceName({ from, to }: Pick<Piece, 'from' | 'to'>): string {
  const digits = (index: number) => String(index).padStart(14, '0');
  return `ledger-${digits(from)}-${digits(to)}.ndjson.gz`;
}

/** A piece's lines, gzipped. Where they break off the stream fails; destroyed, it stops reading them. */
export function gzipped(piece: Pick<Piece, 'lines'>): Readable {
  // Not `pipe`: an error of the lines, heard by nobody, would end the process.
  return pipeline(Readable.from(piece.lines()), createGzip(), () => undefined);
}

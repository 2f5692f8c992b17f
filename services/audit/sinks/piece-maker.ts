import { factOf, openPersonal, type StoredEntry } from '../entries/entry-reader.ts';
import { type ExportParts, exportLines } from '../exporting/export-lines.ts';
import type { Piece, PieceRecord } from './sink.ts';

interface Stretch {
  readonly from: number;
  readonly to: number;
  /** A checkpoint's size that covers it. */
  readonly size: number;
  readonly page: readonly StoredEntry[];
  /** Personal values in clear. */
  readonly personal: boolean;
}

/** Personal values stay behind, as if they were erased. */
const closed = { open: async (_: unknown, count: number) => new Array<null>(count).fill(null) };

/** Makes what sinks are sent. */
export class PieceMaker {
  constructor(private readonly parts: ExportParts) {}

  make({ from, to, size, page, personal }: Stretch): Piece {
    const parts: ExportParts = personal ? this.parts : { ...this.parts, vault: closed, personal: 'withheld' };
    return {
      from,
      to,
      sinceMs: page[0]?.entry.atMs ?? 0,
      lines: () => exportLines(parts, [[from, to]], size),
      records: () => recordsOf(page, parts.vault),
    };
  }
}

async function* recordsOf(
  page: readonly StoredEntry[],
  vault: ExportParts['vault'],
): AsyncGenerator<PieceRecord> {
  for (const stored of page) {
    const fact = factOf(stored, await openPersonal(vault, stored));
    const head = fact === null ? '{}' : JSON.stringify(fact.head ?? {});
    yield { stored, name: fact?.name ?? 'gap', head };
  }
}

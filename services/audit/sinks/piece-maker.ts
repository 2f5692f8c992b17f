import { requestCompleted } from '#contracts';
import { factOf, openPersonal, type StoredEntry } from '../entries/entry-reader.ts';
import { type ExportParts, exportLines } from '../exporting/export-lines.ts';
import { ownersIn } from '../exporting/owners-in.ts';
import { text } from '../sessions/views.ts';
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
      lines: () =>
        personal ? withPeople(parts, { from, to, size, page }) : exportLines(parts, [[from, to]], size),
      records: () => recordsOf(page, parts.vault),
    };
  }
}

/** A piece has the erasures of the people in it, not of everybody. */
async function* withPeople(
  parts: ExportParts,
  { from, to, size, page }: Omit<Stretch, 'personal'>,
): AsyncGenerator<string> {
  yield* exportLines(parts, [[from, to]], size, await ownersIn(parts.entries, page, size));
}

async function* recordsOf(
  page: readonly StoredEntry[],
  vault: ExportParts['vault'],
): AsyncGenerator<PieceRecord> {
  for (const stored of page) {
    const fact = factOf(stored, await openPersonal(vault, stored));
    const head = fact === null ? '{}' : JSON.stringify(fact.head ?? {});
    const name = fact === null ? 'gap' : (fact.name ?? 'unknown');
    const outcome = fact?.name === requestCompleted.name ? text(fact.head?.outcome) : null;
    yield { stored, name, head, requestId: fact?.requestId ?? null, outcome };
  }
}

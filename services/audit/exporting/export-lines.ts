import { type ExportEntry, ExportWriter, type NoteSigner } from '#ledger';
import { type EntryReader, openPersonal, type StoredEntry } from '../entries/entry-reader.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import type { LedgerProofs } from '../proving/ledger-proofs.ts';
import { type Range, withEntries } from './ranges.ts';

export interface ExportParts {
  entries: EntryReader;
  proofs: LedgerProofs;
  vault: Pick<PersonalVault, 'open'>;
  signer: NoteSigner;
  origin: string;
  /** Leaves all personal values out. */
  personal?: 'withheld';
}

const pageEntries = 500;
/** Between the first and the last, one checkpoint for so many entries is enough. */
const checkpointEvery = 2000;

/**
 * An export of the tree up to a checkpoint, line by line: the entries of `asked` (ascending, not touching), and for
 * all others the hashes that cover them. Content stays sealed. Erasures of the people in it (`owners`; default: of
 * anybody) come along, wherever they stand: without them what they destroyed would seem to have been taken out.
 */
export async function* exportLines(
  parts: ExportParts,
  asked: readonly Range[],
  size: number,
  owners: readonly string[] | null = null,
): AsyncGenerator<string> {
  const isWithheld = parts.personal === 'withheld' || asked.length === 0;
  const ranges = isWithheld ? asked : withEntries(asked, await parts.entries.erasures(size, owners));
  const writer = new ExportWriter(parts.origin);
  const isComplete = ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === size;
  const keys = (await parts.proofs.keys.all()).map(({ key }) => key);
  yield writer.header(isComplete ? 'complete' : 'selection', keys, parts.personal);
  for (const note of await parts.entries.tombstones(ranges)) yield writer.tombstone(note);
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) yield await writer.skipped(next, from, parts.entries.nodes);
    yield* entryLines(parts, writer, from, to);
    next = to;
  }
  if (next < size) yield await writer.skipped(next, size, parts.entries.nodes);
  const last = await parts.proofs.ofSize(size);
  if (last === null) throw new RangeError('audit: an export ends with a checkpoint');
  yield writer.checkpoint(last.note);
  yield writer.seal(parts.signer);
}

async function* entryLines(
  parts: ExportParts,
  writer: ExportWriter,
  from: number,
  to: number,
): AsyncGenerator<string> {
  const notes = await checkpointsWithin(parts, from, to);
  let next = from;
  for (let start = from; start < to; start += pageEntries) {
    const end = Math.min(to, start + pageEntries);
    const page = await parts.entries.range(start, end);
    for (const entry of await exportEntries(parts, page)) {
      if (entry.index > next) yield await writer.skipped(next, entry.index, parts.entries.nodes);
      next = entry.index + 1;
      // Written one by one: the seal covers the lines in the order of these calls.
      yield writer.entry(entry);
      const note = notes.get(entry.index + 1);
      if (note !== undefined) yield writer.checkpoint(note);
    }
  }
  // What retention dropped at the end of the range.
  if (next < to) yield await writer.skipped(next, to, parts.entries.nodes);
}

async function exportEntries(parts: ExportParts, page: readonly StoredEntry[]): Promise<ExportEntry[]> {
  const leaves = await parts.entries.nodes(page.map(({ index }) => ({ level: 0, index })));
  const holders = page.flatMap(({ contentIndex }) => (contentIndex === null ? [] : [contentIndex]));
  const contents = await parts.entries.contents([...new Set(holders)]);
  const openings = await Promise.all(page.map((stored) => openPersonal(parts.vault, stored)));
  return page.map(({ index, entry, contentIndex }, i) => {
    const held = contentIndex === null ? undefined : contents.get(contentIndex);
    const tail = entry.sealed.bytes === 0 ? new Uint8Array(0) : (held ?? null);
    return { index, entry, leaf: leaves[i] as Uint8Array, openings: openings[i] ?? [], tail };
  });
}

/** Some checkpoints inside of a range, by size; its end has one of its own. */
async function checkpointsWithin(parts: ExportParts, from: number, to: number): Promise<Map<number, string>> {
  const notes = new Map<number, string>();
  for (let size = from; ; ) {
    const found = await parts.proofs.firstFrom(size + checkpointEvery);
    if (found === null || found.size >= to) return notes;
    notes.set(found.size, found.note);
    size = found.size;
  }
}

import { contentErased } from '#contracts';
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
 * anybody) come along, wherever they stand: without them what they destroyed would seem to have been taken out. What is
 * dropped or erased while it is written has its tombstone or erasure in it too: then it may reach further than `size`.
 */
export async function* exportLines(
  parts: ExportParts,
  asked: readonly Range[],
  size: number,
  owners: readonly string[] | null = null,
): AsyncGenerator<string> {
  const isWithheld = parts.personal === 'withheld' || asked.length === 0;
  const ranges = isWithheld ? asked : withEntries(asked, await parts.entries.erasures(size, owners));
  const isComplete = ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === size;
  const keys = (await parts.proofs.keys.all()).map(({ key }) => key);
  const writing = new Writing(parts);
  yield writing.writer.header(isComplete ? 'complete' : 'selection', keys, parts.personal);
  yield* writing.tombstones(ranges);
  for (const [from, to] of ranges) yield* writing.entries(from, to);
  const end = isWithheld ? size : yield* writing.lateErasures(size, isComplete);
  yield* writing.skip(end);
  const last = await parts.proofs.ofSize(end);
  if (last === null) throw new RangeError('audit: an export ends with a checkpoint');
  yield writing.writer.checkpoint(last.note);
  yield writing.writer.seal(parts.signer);
}

/** One export while it is written. Its lines are written one by one: the seal covers them in the order of the calls. */
class Writing {
  readonly writer: ExportWriter;
  private next = 0;
  private readonly stones = new Set<string>();
  /** The keys of those of whom something is gone, and of those whose erasure is in it. */
  private readonly gone = new Set<string>();
  private readonly erased = new Set<string>();

  constructor(private readonly parts: ExportParts) {
    this.writer = new ExportWriter(parts.origin);
  }

  /** Those that it doesn't have yet. */
  async *tombstones(ranges: readonly Range[]): AsyncGenerator<string> {
    for (const note of await this.parts.entries.tombstones(ranges)) {
      if (this.stones.has(note)) continue;
      this.stones.add(note);
      yield this.writer.tombstone(note);
    }
  }

  async *skip(to: number): AsyncGenerator<string> {
    if (this.next < to) yield await this.writer.skipped(this.next, to, this.parts.entries.nodes);
    this.next = to;
  }

  async *entries(from: number, to: number): AsyncGenerator<string> {
    yield* this.skip(from);
    const notes = await checkpointsWithin(this.parts, from, to);
    for (let start = from; start < to; start += pageEntries) {
      const end = Math.min(to, start + pageEntries);
      const page = await exportEntries(this.parts, await this.parts.entries.range(start, end));
      const lacks = page.length < end - start || page.some(({ tail }) => tail === null);
      // Asked for after the rest: what was dropped since the export began has its tombstone by now.
      if (lacks) yield* this.tombstones([[start, end]]);
      for (const entry of page) {
        yield* this.skip(entry.index);
        this.next = entry.index + 1;
        this.note(entry);
        yield this.writer.entry(entry);
        const note = notes.get(entry.index + 1);
        if (note !== undefined) yield this.writer.checkpoint(note);
      }
    }
    // What retention dropped at the end of the range.
    yield* this.skip(to);
  }

  /** Whoever was erased since the export began has their erasure beyond its end: it goes on until there. Gives its end. */
  async *lateErasures(size: number, isComplete: boolean): AsyncGenerator<string, number> {
    for (let end = size; ; ) {
      const missing = [...this.gone].filter((key) => !this.erased.has(key));
      const latest = missing.length === 0 ? null : await this.parts.proofs.latest();
      if (latest === null) return end;
      const found = await this.parts.entries.erasures(latest.size, missing);
      const late = found.filter((index) => index >= end);
      if (late.length === 0) return end;
      for (const [from, to] of isComplete ? [[end, latest.size] as const] : withEntries([], late)) {
        yield* this.entries(from, to);
      }
      end = latest.size;
    }
  }

  private note({ entry, openings }: ExportEntry): void {
    for (const [i, { ownerKey }] of entry.personal.entries()) {
      if (openings[i] === null && ownerKey !== '') this.gone.add(ownerKey);
    }
    if (entry.subject !== contentErased.prefix) return;
    const { subjectKey } = JSON.parse(Buffer.from(entry.head).toString('utf8')) as { subjectKey?: unknown };
    if (typeof subjectKey === 'string') this.erased.add(subjectKey);
  }
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

import { digestSealed, type Entry, hashBytes, type NodeRun, writeEntryLeafHash } from '#ledger';
import { eventNameOf, type Fact, flawOf, requestIdOf } from '../facts.ts';
import type { WaitingBody } from '../keeping/body-keeper.ts';
import { storedName } from '../keeping/stored-name.ts';
import type { PersonalVault, SealedPersonal } from '../personal-vault.ts';
import type { Incoming, Lost } from '../receiving/incoming.ts';
import { type ReadPayload, readPayload } from '../receiving/read-head.ts';
import type { LedgerState } from '../writing/ledger-state.ts';
import type { ContentRow, EntryRow } from './copy-rows.ts';
import type { TailIndex } from './tail-index.ts';

/** Something that somebody should look at. */
export interface Incident {
  kind: 'gap' | 'fork' | 'flaw';
  code: string;
  requestId: string | null;
  from: number;
  to: number;
}

/** Everything that one transaction writes. */
export interface Batch {
  entries: EntryRow[];
  contents: ContentRow[];
  runs: NodeRun[];
  incidents: Incident[];
  facts: Fact[];
  /** Content that stands in the object store, to be taken in. */
  waiting: WaitingBody[];
  /** The last sequence that is stored with it. */
  sequence: number;
}

interface Read {
  event: Incoming;
  read: ReadPayload;
  personal: SealedPersonal | null;
}

const noOwners: ReadonlyMap<string, string> = new Map();
const empty = new Uint8Array(0);
const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text);

/**
 * Turns events, in order and following on what is stored, into the rows of one transaction, and moves the tree in
 * `state` on. Throws `MissingDependencyError` where a data key can't be had; then `state` is as it was.
 */
export async function buildBatch(
  state: LedgerState & { log: { id: number; name: string }; segment: { id: number } },
  items: readonly (Incoming | Lost)[],
  parts: { vault: PersonalVault; tails: TailIndex; nowMs: number },
): Promise<Batch> {
  const reads = await sealPersonal(state.log.name, items, parts.vault);
  const batch: Batch = {
    entries: [],
    contents: [],
    runs: [],
    incidents: [],
    facts: [],
    waiting: [],
    sequence: state.sequence,
  };
  const leaves = Buffer.allocUnsafe(items.length * hashBytes);
  const first = state.range.size;
  items.forEach((item, i) => {
    const read = reads[i];
    const entry = read
      ? eventEntry(state.log.name, read)
      : gapEntry(state.log.name, item as Lost, parts.nowMs);
    writeEntryLeafHash(leaves, i * hashBytes, entry);
    const index = first + i;
    addRow(batch, state, { index, entry, read }, parts.tails);
    if (read) addFact(batch, state, index, read);
    else addGap(batch, item as Lost);
    batch.sequence = entry.sequence;
  });
  batch.runs = state.range.appendAll(leaves);
  state.sequence = batch.sequence;
  return batch;
}

async function sealPersonal(
  logId: string,
  items: readonly (Incoming | Lost)[],
  vault: PersonalVault,
): Promise<(Read | null)[]> {
  const waiting: Promise<void>[] = [];
  const reads = items.map((item): Read | null => {
    if (!('payload' in item)) return null;
    const one: Read = { event: item, read: readPayload(item.payload), personal: null };
    const { head, parts } = one.read;
    if (head === null || parts.length === 0) return one;
    const sealed = vault.seal({ logId, sequence: item.sequence }, head, parts);
    // Almost always it is there at once; a promise for every event would cost more than the sealing.
    if ('openings' in sealed) one.personal = sealed;
    else waiting.push(sealed.then((later) => keep(one, later)));
    return one;
  });
  await Promise.all(waiting);
  return reads;
}

function keep(read: Read, personal: SealedPersonal): void {
  read.personal = personal;
}

function eventEntry(logId: string, { event, read, personal }: Read): Entry {
  const { sequence, atMs, subject, messageId } = event;
  return {
    kind: 'event',
    logId,
    sequence,
    atMs,
    subject: storable(subject),
    messageId: storable(messageId),
    head: read.bytes,
    personal: personal?.commitments ?? [],
    sealed: digestSealed(read.tail),
  };
}

/** A hole is an entry of its own: what was lost stays visible. */
function gapEntry(logId: string, { from, to }: Lost, nowMs: number): Entry {
  const head = Buffer.from(JSON.stringify({ from }), 'utf8');
  const nothing = { subject: '', messageId: '', personal: [], sealed: digestSealed(empty) };
  return { kind: 'gap', logId, sequence: to, atMs: nowMs, head, ...nothing };
}

function addRow(
  batch: Batch,
  state: { log: { id: number }; segment: { id: number } },
  { index, entry, read }: { index: number; entry: Entry; read: Read | null | undefined },
  tails: TailIndex,
): void {
  const segment = state.segment.id;
  let contentIndex: number | null = null;
  if (entry.sealed.bytes > 0 && read) {
    contentIndex = tails.take(entry.sealed.digest, index);
    if (contentIndex === index) batch.contents.push({ segment, index, sealed: read.read.tail });
  }
  // Field by field: spreading an object costs several times as much, once for every event.
  batch.entries.push({
    segment,
    index,
    kind: entry.kind,
    log: state.log.id,
    sequence: entry.sequence,
    atMs: entry.atMs,
    subject: entry.subject,
    messageId: entry.messageId,
    head: entry.head,
    personal: entry.personal,
    openings: read?.personal?.openings ?? null,
    sealed: entry.sealed,
    contentIndex,
  });
}

function addFact(
  batch: Batch,
  state: { log: { id: number }; segment: { id: number } },
  index: number,
  { event, read, personal }: Read,
): void {
  const { sequence, atMs, subject } = event;
  const owners = personal
    ? new Map(personal.commitments.map(({ path, ownerKey }) => [path, ownerKey]))
    : noOwners;
  const name = storedName(read.head);
  if (name !== null) batch.waiting.push({ name, segment: state.segment.id, index });
  const log = state.log.id;
  const fact = { index, log, sequence, atMs, subject, name: eventNameOf(subject), head: read.head, owners };
  batch.facts.push(fact);
  const code = flawOf(fact);
  if (code === null) return;
  batch.incidents.push({ kind: 'flaw', code, requestId: requestIdOf(fact), from: sequence, to: sequence });
}

function addGap(batch: Batch, { from, to }: Lost): void {
  batch.incidents.push({ kind: 'gap', code: 'log.gap', requestId: null, from, to });
}

import { setImmediate as breathe } from 'node:timers/promises';
import { contentErased } from '#contracts';
import { digestSealed, type Entry, hashBytes, type NodeRun, writeEntryLeafHash } from '#ledger';
import { eventNameOf, type Fact, flawOf, requestIdOf } from '../entries/facts.ts';
import type { Forgotten } from '../erasing/forgotten.ts';
import type { WaitingBody } from '../keeping/body-keeper.ts';
import { storedName } from '../keeping/stored-name.ts';
import type { PersonalVault, SealedPersonal } from '../personal/personal-vault.ts';
import type { Incoming, Lost } from '../receiving/incoming.ts';
import { type ReadPayload, readPayload } from '../receiving/read-head.ts';
import type { LedgerState } from '../writing/ledger-state.ts';
import type { CopyBuffer } from './copy-buffer.ts';
import { addContentRow, addEntryRow } from './copy-rows.ts';
import type { TailIndex } from './tail-index.ts';

/** Something that somebody should look at. */
export interface Incident {
  kind: 'gap' | 'fork' | 'flaw';
  code: string;
  requestId: string | null;
  from: number;
  to: number;
}

/** An erasure that an event records. */
export interface RecordedErasure {
  index: number;
  subjectKey: string;
  approval: string | null;
}

/** Where the rows of a batch are written. */
export interface BatchRows {
  entries: CopyBuffer;
  contents: CopyBuffer;
}

/** Everything that one transaction writes. */
export interface Batch {
  rows: BatchRows;
  runs: NodeRun[];
  incidents: Incident[];
  erasures: RecordedErasure[];
  /** Content that stands in the object store, to be taken in. */
  waiting: WaitingBody[];
  /** The last sequence that is stored with it, and when the stream stored that, ms since the epoch. */
  sequence: number;
  atMs: number;
}

export interface BatchParts {
  vault: PersonalVault;
  forgotten: Pick<Forgotten, 'erasedIn'>;
  tails: TailIndex;
  /** Empty buffers. */
  rows: BatchRows;
  nowMs: number;
  /** Takes what happened, in order; `size` is the ledger's with it. Nothing of it is committed yet. */
  follow(facts: readonly Fact[], size: number): void;
}

type OpenState = LedgerState & { log: { id: number; name: string }; segment: { id: number } };

interface Read {
  event: Incoming;
  read: ReadPayload;
  personal: SealedPersonal | null;
}

/** What was read of an event is let go soon: what lives for a whole batch costs the collector more than all the rest. */
const readTogether = 100;
const noOwners: ReadonlyMap<string, string> = new Map();
const empty = new Uint8Array(0);
const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text);

/**
 * Turns events, in order and following on what is stored, into the rows of one transaction, and moves the tree in
 * `state` and what follows it on. Throws `MissingDependencyError` where a data key can't be had; what is in memory is of
 * no use then.
 */
export async function buildBatch(
  state: OpenState,
  items: readonly (Incoming | Lost)[],
  parts: BatchParts,
): Promise<Batch> {
  const { rows, nowMs } = parts;
  const batch: Batch = {
    ...{ rows, runs: [], incidents: [], erasures: [], waiting: [], sequence: state.sequence, atMs: nowMs },
  };
  const leaves = Buffer.allocUnsafe(items.length * hashBytes);
  const first = state.range.size;
  for (let from = 0; from < items.length; from += readTogether) {
    const some = items.slice(from, from + readTogether);
    const reads = await sealPersonal(state.log.name, some, parts);
    const facts: Fact[] = [];
    for (let i = 0; i < some.length; i += 1) {
      const [item, read, index] = [some[i] as Incoming | Lost, reads[i] as Read | null, first + from + i];
      const entry = read ? eventEntry(state.log.name, read) : gapEntry(state.log.name, item as Lost, nowMs);
      writeEntryLeafHash(leaves, (from + i) * hashBytes, entry);
      addRows(state, { index, entry, read }, parts);
      if (read) facts.push(addFact(batch, state, index, read));
      else addGap(batch, item as Lost, nowMs);
    }
    parts.follow(facts, first + from + some.length);
    // The last batch is on its way to the database: its next piece goes out now.
    await breathe();
  }
  batch.runs = state.range.appendAll(leaves);
  state.sequence = batch.sequence;
  return batch;
}

/** Reads heads and seals what is personal in them. */
async function sealPersonal(
  logId: string,
  items: readonly (Incoming | Lost)[],
  { vault, forgotten }: Pick<BatchParts, 'vault' | 'forgotten'>,
): Promise<(Read | null)[]> {
  const waiting: Promise<void>[] = [];
  const reads = items.map((item): Read | null => {
    if (!('payload' in item)) return null;
    const one: Read = { event: item, read: readPayload(item.payload), personal: null };
    const { head, parts } = one.read;
    if (head === null || parts.length === 0) return one;
    const requestId = requestIdOf({ name: eventNameOf(item.subject), head });
    const erased = forgotten.erasedIn({ requestId, head });
    const sealed = vault.seal({ logId, sequence: item.sequence }, head, parts, erased);
    // Almost always it is there at once; a promise for every event would cost more than the sealing.
    if ('openings' in sealed) one.personal = sealed;
    else waiting.push(sealed.then((later) => keep(one, later)));
    return one;
  });
  if (waiting.length > 0) await Promise.all(waiting);
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

function addRows(
  { segment: { id: segment }, log }: OpenState,
  { index, entry, read }: { index: number; entry: Entry; read: Read | null },
  { rows, tails }: BatchParts,
): void {
  let contentIndex: number | null = null;
  if (entry.sealed.bytes > 0 && read) {
    contentIndex = tails.take(entry.sealed.digest, index);
    if (contentIndex === index) addContentRow(rows.contents, segment, index, read.read.tail);
  }
  const openings = read?.personal?.openings ?? null;
  addEntryRow(rows.entries, entry, { segment, index, log: log.id, openings, contentIndex });
}

function addFact(batch: Batch, state: OpenState, index: number, { event, read, personal }: Read): Fact {
  const { sequence, atMs, subject } = event;
  const { head } = read;
  const owners = personal
    ? new Map(personal.commitments.map(({ path, ownerKey }) => [path, ownerKey]))
    : noOwners;
  const stored = storedName(head);
  if (stored !== null) batch.waiting.push({ name: stored, segment: state.segment.id, index });
  const name = eventNameOf(subject);
  const requestId = requestIdOf({ name, head });
  const fact = { index, log: state.log.id, sequence, atMs, subject, name, requestId, head, owners };
  const code = flawOf(fact);
  if (code !== null) batch.incidents.push({ kind: 'flaw', code, requestId, from: sequence, to: sequence });
  if (name === contentErased.name) addErasure(batch, fact);
  batch.sequence = sequence;
  batch.atMs = atMs;
  return fact;
}

/** What is recorded as erased is to be erased, also after a crash right here. */
function addErasure(batch: Batch, { index, head }: Fact): void {
  const erased = contentErased.schema.safeParse(head);
  if (!erased.success) return;
  const { subjectKey, approval } = erased.data;
  batch.erasures.push({ index, subjectKey, approval: approval ?? null });
}

function addGap(batch: Batch, { from, to }: Lost, nowMs: number): void {
  batch.incidents.push({ kind: 'gap', code: 'log.gap', requestId: null, from, to });
  batch.sequence = to;
  batch.atMs = nowMs;
}

import { contentErased, requestCompleted, requestReceived } from '#contracts';
import { digestSealed, type Entry, entryLeafHash } from '../entries/entry.ts';
import { commitPersonal, saltBytes, splitHead } from '../entries/personal.ts';
import { signCheckpoint } from '../signing/checkpoint.ts';
import type { NoteSigner } from '../signing/keys.ts';
import { signTombstone } from '../signing/tombstone.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { type NodeRun, readRuns } from '../tree/nodes.ts';
import { type ExportEntry, ExportWriter, type PersonalOpening } from './export-writer.ts';

/** A made-up ledger; the same options give the same bytes. At least 40 entries. */
export interface SampleOptions {
  entries: number;
  seed: number;
  signer: NoteSigner;
  origin: string;
}

const checkpointEvery = 16;
const firstLogShare = 0.6;
const people = ['alice', 'bob', 'carol', 'dave'];
const erasedKey = 'key-2';
const startMs = 1_790_000_000_000;

/** Pseudo-random numbers in [0, 1) from a seed (mulberry32): the same on every machine. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The lines of an export that has everything an export can have: two streams, a recorded gap, an erased person,
 * content and entries dropped by retention, checkpoints and the seal. For drills, tests and documentation.
 */
export async function sampleExport(options: SampleOptions): Promise<string[]> {
  const { signer, origin } = options;
  const signed = [signer];
  const rows = sampleRows(options);
  const runs: NodeRun[] = [];
  const tree = new CompactRange();
  const writer = new ExportWriter(origin);
  const [droppedTo, contentTo] = [9, 20];
  const dropped = rows.slice(droppedTo, contentTo).filter((row) => row.tail === null).length;
  const stone = { origin, from: 0, to: droppedTo, dropped: droppedTo, atMs: startMs + 1e9 };
  const lines = [
    writer.header('complete', [signer.publicKey]),
    writer.tombstone(
      signTombstone({ ...stone, scope: 'entries', reason: 'metadata after 180 days' }, signed),
    ),
    writer.tombstone(
      signTombstone(
        { ...stone, scope: 'content', to: contentTo, dropped, reason: 'content after 90 days' },
        signed,
      ),
    ),
  ];
  for (const row of rows) {
    runs.push(...tree.appendAll(row.leaf));
    if (row.index === droppedTo - 1) lines.push(await writer.skipped(0, droppedTo, readRuns(runs)));
    if (row.index >= droppedTo) lines.push(writer.entry(row));
    const isDue = tree.size % checkpointEvery === 0 || tree.size === rows.length;
    if (isDue)
      lines.push(writer.checkpoint(signCheckpoint({ origin, size: tree.size, root: tree.root() }, signed)));
  }
  lines.push(writer.seal(signer));
  return lines;
}

function sampleRows({ entries, seed }: SampleOptions): (ExportEntry & { leaf: Buffer })[] {
  const random = seededNumbers(seed);
  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
  const switchAt = Math.floor(entries * firstLogShare);
  const gapAt = Math.floor(entries / 2);
  let sequence = 0;
  return Array.from({ length: entries }, (_, index) => {
    if (index === switchAt) sequence = 0;
    const kind = index === gapAt ? 'gap' : 'event';
    const from = sequence + 1;
    sequence += kind === 'gap' ? 3 : 1;
    const { subject, head } =
      kind === 'gap' ? { subject: '', head: { from } } : sampleEvent(index, entries, random);
    const split = splitHead(head);
    const openings = split.parts.map(({ value }) => ({ salt: bytes(saltBytes), value }));
    const ownerKey = 'subjectKey' in head ? String(head.subjectKey) : '';
    const tail = kind === 'gap' ? Buffer.alloc(0) : bytes(40 + Math.floor(random() * 300));
    const entry: Entry = {
      kind,
      logId: index < switchAt ? 'EVENTS-1' : 'EVENTS-2',
      sequence,
      atMs: startMs + index * 250,
      subject,
      messageId: kind === 'gap' ? '' : `m-${index}`,
      head: split.head,
      personal: split.parts.map((part, i) => ({
        path: part.path,
        ownerKey,
        digest: commitPersonal(part, (openings[i] as PersonalOpening).salt),
      })),
      sealed: digestSealed(tail),
    };
    const isErased = ownerKey === erasedKey;
    return {
      index,
      entry,
      leaf: entryLeafHash(entry),
      openings: isErased ? openings.map(() => null) : openings,
      tail: index < 20 && kind === 'event' ? null : tail,
    };
  });
}

function sampleEvent(
  index: number,
  entries: number,
  random: () => number,
): { subject: string; head: object } {
  const at = startMs + index * 250;
  if (index === entries - 5) {
    return { subject: contentErased.prefix, head: { subjectKey: erasedKey, at } };
  }
  const number = Math.floor(random() * people.length);
  const subjectKey = `key-${number}`;
  const requestId = `req-${index.toString(16).padStart(32, '0')}`;
  const principal = {
    kind: 'person',
    issuer: 'https://idp.example',
    subject: people[number],
    groups: ['staff'],
  };
  return index % 2 === 0
    ? {
        subject: requestReceived.prefix,
        head: { requestId, subjectKey, context: { principal, client: { address: `10.0.0.${index % 256}` } } },
      }
    : {
        subject: requestCompleted.subject('ingress-1'),
        head: { requestId, subjectKey, outcome: 'answered', principal },
      };
}

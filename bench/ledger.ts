import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { requestReceived } from '#contracts';
import {
  CompactRange,
  commitPersonal,
  digestSealed,
  type Entry,
  type ExportEntry,
  ExportWriter,
  entryLeafHash,
  inclusionProof,
  type NodeRun,
  noteSignerFromSeed,
  readRuns,
  rootAt,
  seededNumbers,
  sha256,
  signCheckpoint,
  splitHead,
  verifyExport,
  verifyInclusion,
} from '#ledger';

/** `node dist/bench/ledger.js [--entries 200000] [--json]`: what the ledger's pure core costs on one core. */

const eventBytes = 2048;
const batch = 400;
const checkpointEvery = 10_000;
const signer = noteSignerFromSeed('bench', Buffer.alloc(32, 1));

interface Rate {
  what: string;
  perSecond: number;
  /** CPU of the process, so that a busy machine doesn't count. */
  cpuUs: number;
  mbPerSecond: number | null;
}

/** One event as it arrives: a head of about 700 bytes with a person in it, and a sealed tail, 2 KB together. */
function eventOf(index: number, tail: Buffer): { head: object; tail: Buffer } {
  const principal = {
    kind: 'person',
    issuer: 'https://idp.example/realms/main',
    subject: `u-${index % 500}`,
    name: 'A Person',
    email: `person-${index % 500}@example.com`,
    groups: ['contractors', 'staff', 'emea'],
  };
  const context = {
    principal,
    subjectKey: `k-${index % 500}`,
    client: { family: 'node-sdk', userAgent: 'OpenAI/JS 6.30.1', address: '10.1.2.3' },
    protocol: 'openai-chat',
    operation: 'chat.completions',
    method: 'POST',
    path: '/v1/chat/completions',
    instance: 'ingress-1',
    wait: 'open',
    headers: {},
    fingerprint: 'f'.repeat(64),
    receivedAt: 1_790_000_000_000 + index,
  };
  const head = {
    requestId: `req-${index}`,
    context,
    body: { digest: 'd'.repeat(64), bytes: 900, location: { in: 'tail' } },
  };
  return { head, tail: tail.subarray(0, eventBytes - JSON.stringify(head).length) };
}

/** What the audit writer does to an event before it stores it: split, commit, encode, hash. */
function recordOf(index: number, event: { head: object; tail: Buffer }): ExportEntry {
  const split = splitHead(event.head);
  const openings = split.parts.map(({ value }, i) => {
    const salt = Buffer.alloc(16, i);
    salt.writeUInt32LE(index, 0);
    return { salt, value };
  });
  const personal = split.parts.map((part, i) => ({
    path: part.path,
    ownerKey: 'k-1',
    digest: commitPersonal(part, openings[i]!.salt),
  }));
  const entry: Entry = {
    kind: 'event',
    logId: 'EVENTS-2026-01-01',
    sequence: index + 1,
    atMs: 1_790_000_000_000 + index,
    subject: requestReceived.subject(),
    messageId: `req-${index}:received`,
    head: split.head,
    personal,
    sealed: digestSealed(event.tail),
  };
  return { index, entry, leaf: entryLeafHash(entry), openings, tail: event.tail };
}

async function timed(what: string, count: number, bytes: number | null, run: () => unknown): Promise<Rate> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await run();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const mbPerSecond = bytes === null ? null : bytes / 1e6 / seconds;
  return { what, perSecond: count / seconds, cpuUs: (user + system) / count, mbPerSecond };
}

function append(
  tree: CompactRange,
  events: ReturnType<typeof eventOf>[],
  from: number,
  runs: NodeRun[],
): void {
  const leaves: Uint8Array[] = [];
  for (let i = 0; i < events.length; i += 1) {
    leaves.push(recordOf(from + i, events[i] as ReturnType<typeof eventOf>).leaf);
  }
  runs.push(...tree.appendAll(Buffer.concat(leaves)));
}

async function* exportOf(entries: number, tail: Buffer): AsyncGenerator<Buffer> {
  const writer = new ExportWriter('bench');
  const tree = new CompactRange();
  yield Buffer.from(writer.header('complete', [signer.publicKey]));
  for (let index = 0; index < entries; index += 1) {
    const row = recordOf(index, eventOf(index, tail));
    tree.append(row.leaf);
    yield Buffer.from(writer.entry(row));
    if (tree.size % checkpointEvery === 0 || tree.size === entries) {
      const head = { origin: 'bench', size: tree.size, root: tree.root() };
      yield Buffer.from(writer.checkpoint(signCheckpoint(head, [signer])));
    }
  }
  yield Buffer.from(writer.seal(signer));
}

/** Measures append, proofs and verification. `entries` is rounded down to whole batches. */
export async function benchLedger(entries: number): Promise<Rate[]> {
  const random = seededNumbers(1);
  const tail = Buffer.from(Array.from({ length: eventBytes }, () => Math.floor(random() * 256)));
  const batches = Math.floor(entries / batch);
  const events = Array.from({ length: batch }, (_, i) => eventOf(i, tail));
  const tree = new CompactRange();
  const runs: NodeRun[] = [];
  const rates: Rate[] = [];
  append(new CompactRange(), events, 0, []);
  const count = batches * batch;
  const bytes = count * eventBytes;
  rates.push(
    await timed('append: split, commit, encode, hash, tree', count, bytes, () => {
      for (let i = 0; i < batches; i += 1) append(tree, events, i * batch, runs);
    }),
  );
  const leaves = Buffer.concat(Array.from({ length: batch }, (_, i) => sha256(Buffer.of(i & 255))));
  rates.push(
    await timed('append: tree alone', count, null, () => {
      const bare = new CompactRange();
      for (let i = 0; i < batches; i += 1) bare.appendAll(leaves);
    }),
  );
  rates.push(...(await proofRates(tree.size, runs)));
  const exported: Buffer[] = [];
  const exportCount = Math.min(count, 20_000);
  rates.push(
    await timed('export: write', exportCount, exportCount * eventBytes, async () => {
      for await (const line of exportOf(exportCount, tail)) exported.push(line);
    }),
  );
  const exportBytes = exported.reduce((sum, line) => sum + line.length, 0);
  rates.push(
    await timed('export: verify (bytes of the file)', exportCount, exportBytes, async () => {
      const report = await verifyExport(
        (async function* () {
          yield* exported;
        })(),
        [signer.publicKey],
      );
      if (!report.isIntact) throw new Error('the export is not intact');
    }),
  );
  return rates;
}

async function proofRates(size: number, runs: NodeRun[]): Promise<Rate[]> {
  const reader = readRuns(runs);
  const root = await rootAt(size, reader);
  const count = 5000;
  const places = Array.from({ length: count }, (_, i) => (i * 7919) % size);
  const proofs: Uint8Array[][] = [];
  const made = await timed('inclusion proof: make (nodes in memory)', count, null, async () => {
    for (const index of places) proofs.push(await inclusionProof(index, size, reader));
  });
  const leaves = places.map((index) => (reader([{ level: 0, index }]) as Uint8Array[])[0]!);
  const checked = await timed('inclusion proof: verify', count, null, () => {
    places.forEach((index, i) => {
      const claim = { index, size, leaf: leaves[i]!, root };
      if (!verifyInclusion(claim, proofs[i]!)) throw new Error('a proof is wrong');
    });
  });
  return [made, checked];
}

async function main(): Promise<void> {
  const at = process.argv.indexOf('--entries');
  const entries = at < 0 ? 200_000 : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(entries) || entries < batch) throw new Error(`--entries is at least ${batch}`);
  const rates = await benchLedger(entries);
  const machine = `${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, Node ${process.version}`;
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ machine, eventBytes, batch, entries, rates }));
    return;
  }
  console.log(`${entries} events of ${eventBytes} B, batches of ${batch}, one core; ${machine}`);
  for (const { what, perSecond, cpuUs, mbPerSecond } of rates) {
    const mb = mbPerSecond === null ? '' : `${mbPerSecond.toFixed(0)} MB/s`;
    console.log(
      `${what.padEnd(44)} ${Math.round(perSecond).toLocaleString('en').padStart(12)}/s ${cpuUs.toFixed(1).padStart(7)} µs CPU ${mb.padStart(10)}`,
    );
  }
}

if (process.argv[1]?.replace(/\.js$/, '.ts').endsWith('bench/ledger.ts')) await main();

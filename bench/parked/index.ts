import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { programArguments } from '#embedded';
import { eventually, startWorld, type World } from '#testing';
import { load, percentile } from '../gateway/load.ts';
import { writeResult } from '../results.ts';
import type { HoldOrder, HoldReport } from './holder-main.ts';

const batch = 200;
/** A principal may have so many pending; people are many. */
const perPerson = 100;
const goalBytes = 20 * 1024;
const goalSlower = 0.2;
const minuteMs = 60_000;

const policy = (issuer: string, upstream: string): string => `
version: 1
identity: { issuers: [{ issuer: "${issuer}", audience: sallyport }] }
ingress: { maxOpenRequests: 100000 }
connections: { demo: { baseUrl: "${upstream}", models: [demo], concurrency: 64 } }
rules:
  - { name: all, match: { connections: [demo] }, effect: allow }
  - name: sensitive-words
    prompt: { keywords: [password] }
    effect: hold
    approval: { all: { security: 1 } }
approvals: { groups: { security: { claim: security } }, maxPendingPerPrincipal: 10000 }
`;

/**
 * `npm run bench -- parked [--n 10000] [--quick]`: so many parked connections on one ingress, half of them streams. Prints
 * what each costs in resident memory, and the latency of allowed traffic without and with them. Exit code 1 where a goal is missed.
 */
export async function benchParked(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { n: { type: 'string', default: '10000' }, quick: { type: 'boolean', default: false } },
  });
  const n = values.quick ? 1000 : Number(values.n);
  requireFiles(n);
  const world = await startWorld({ config: ({ issuer, upstream }) => policy(issuer, upstream) });
  const holder = startHolder();
  try {
    await world.startServices();
    const allowed = await allowedTraffic(world);
    // So much first that the heap has the size that traffic gives it.
    await allowed(4000, 16);
    const [without, rssBefore] = [await latency(allowed), await restingBytes(world)];
    const started = performance.now();
    await park(world, holder, n);
    const parkedPerSecond = (n / (performance.now() - started)) * 1000;
    const rssAfter = await restingBytes(world);
    const withParked = await latency(allowed);
    holder.disconnect();
    await eventually(
      async () => {
        if ((await waiting(world)) > 0) throw new Error('clients still wait');
      },
      { timeoutMs: minuteMs, everyMs: 200 },
    );
    const again = await latency(allowed);
    await report(n, {
      bytesEach: Math.round((rssAfter - rssBefore) / n),
      rssBefore,
      rssAfter,
      parkedPerSecond: Math.round(parkedPerSecond),
      without,
      with: withParked,
      again,
    });
  } finally {
    holder.kill();
    await world.stop();
  }
}

function startHolder(): ChildProcess {
  const program = programArguments('bench/parked/holder-main');
  return fork(program.at(-1) as string, { execArgv: program.slice(0, -1) });
}

interface Latency {
  p50Ms: number;
  p95Ms: number;
}
interface Result {
  bytesEach: number;
  rssBefore: number;
  rssAfter: number;
  parkedPerSecond: number;
  without: Latency;
  with: Latency;
  /** After the clients are gone: how far the machine itself drifted. */
  again: Latency;
}

async function report(n: number, result: Result): Promise<void> {
  const before = (result.without.p50Ms + result.again.p50Ms) / 2;
  const slower = result.with.p50Ms / before - 1;
  const text = ({ p50Ms, p95Ms }: Latency) => `p50 ${p50Ms.toFixed(2)} ms, p95 ${p95Ms.toFixed(2)} ms`;
  console.log(
    `${n} parked connections on one ingress, half of them streams (${result.parkedPerSecond}/s while parking)`,
  );
  console.log(
    `each      ${(result.bytesEach / 1024).toFixed(1)} KiB of resident memory (goal: under ${goalBytes / 1024})`,
  );
  console.log(`allowed   without them  ${text(result.without)}; after them ${text(result.again)}`);
  console.log(
    `          with them     ${text(result.with)}: ${(slower * 100).toFixed(0)} % slower (goal: at most ${goalSlower * 100})`,
  );
  const loadAverage = loadavg()[0]?.toFixed(1);
  console.log(`load average ${loadAverage}`);
  await writeResult('parked', { n, ...result, slower, loadAverage });
  if (result.bytesEach >= goalBytes || slower > goalSlower) process.exitCode = 1;
}

/** A process may open so many files: one for each connection, and some. */
function requireFiles(n: number): void {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n']).toString());
  if (limit >= n + 500) return;
  throw new Error(
    `${n} connections need ${n + 500} open files, and the limit is ${limit}: ulimit -n ${n + 500}`,
  );
}

async function allowedTraffic(world: World) {
  const token = await world.idp.mint({ user: 'dave', expiresInSeconds: 7200 });
  const shot = {
    url: `${world.urlOf('ingress')}/v1/chat/completions`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: Buffer.from(JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Good day.' }] })),
  };
  return (count: number, concurrency: number) => load(shot, count, concurrency);
}

async function latency(allowed: Awaited<ReturnType<typeof allowedTraffic>>): Promise<Latency> {
  await allowed(200, 1);
  const { totalMs } = await allowed(1500, 1);
  return { p50Ms: percentile(totalMs, 0.5), p95Ms: percentile(totalMs, 0.95) };
}

/** Parks them batch by batch: the next one when every one before is held. */
async function park(world: World, holder: ChildProcess, n: number): Promise<void> {
  const reports: HoldReport[] = [];
  holder.on('message', (report: HoldReport) => reports.push(report));
  const { DATABASE_URL } = world.environment('approval');
  const database = new pg.Client({ connectionString: DATABASE_URL });
  await database.connect();
  const url = `${world.urlOf('ingress')}/v1/chat/completions`;
  for (let from = 0; from < n; from += batch) {
    const count = Math.min(batch, n - from);
    const person = Math.floor(from / perPerson);
    const token = await world.idp.mint({
      ...{ user: `person-${person}`, groups: ['contractors'], expiresInSeconds: 7200 },
    });
    holder.send({ url, token, from, count } satisfies HoldOrder);
    await eventually(
      async () => {
        const wrong = reports.find(({ kind }) => kind !== 'streaming');
        if (wrong) throw new Error(`a connection was not held: ${wrong.kind} ${wrong.text}`);
        const held = await pending(database);
        if (held < from + count) throw new Error(`${held} of ${from + count} are held`);
      },
      { timeoutMs: minuteMs, everyMs: 50 },
    );
  }
  await database.end();
  await eventually(
    async () => {
      const streams = reports.length;
      if (streams < Math.floor(n / 2)) throw new Error(`${streams} streams have begun`);
      const clients = await waiting(world);
      if (clients < n) throw new Error(`${clients} clients wait`);
    },
    { timeoutMs: minuteMs, everyMs: 200 },
  );
}

async function pending(database: pg.Client): Promise<number> {
  const { rows } = await database.query(
    "SELECT count(*)::int AS n FROM approval_request WHERE state = 'pending'",
  );
  return (rows[0] as { n: number }).n;
}

/** Clients that the ingress counts as waiting. */
async function waiting(world: World): Promise<number> {
  const text = await (await fetch(`${world.urlOf('ingress')}/metrics`)).text();
  return Number(/^sallyport_clients_waiting(?:\{.*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}

/** Resident memory of the ingress once it has come to rest: the least of ten seconds. */
async function restingBytes(world: World): Promise<number> {
  const { pid } = world.service('ingress');
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 40; n++) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    least = Math.min(least, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return least;
}

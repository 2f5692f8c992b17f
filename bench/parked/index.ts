import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { serviceNames } from '#contracts';
import { freePort, programArguments } from '#embedded';
import { eventually, startWorld, type World } from '#testing';
import { cpuMs } from '../gateway/cpu.ts';
import { load, percentile } from '../gateway/load.ts';
import { holdingPolicy } from '../holding-policy.ts';
import { writeResult } from '../results.ts';
import { collectGarbage, inspectedBy } from './garbage.ts';
import { ranWithMoreFiles } from './open-files.ts';
import { park, waiting } from './parking.ts';

const goalBytes = 20 * 1024;
const goalSlower = 0.2;
const minuteMs = 60_000;
const restMs = 10_000;

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
  if (ranWithMoreFiles(n)) return;
  const world = await startWorld({ config: ({ issuer, upstream }) => holdingPolicy(issuer, upstream) });
  const holder = startHolder();
  try {
    const inspector = await freePort();
    await world.startServices(serviceNames.filter((name) => name !== 'ingress'));
    await world.startService('ingress', inspectedBy(inspector));
    const allowed = await allowedTraffic(world);
    // So much first that the heap has the size that traffic gives it.
    await allowed(4000, 16);
    // Both times after a rest: code that was idle is slower at first.
    const before = await rest(world, inspector);
    const without = await traffic(world, allowed);
    const started = performance.now();
    await park(world, holder, n);
    const parkedPerSecond = (n / (performance.now() - started)) * 1000;
    const after = await rest(world, inspector);
    const withParked = await traffic(world, allowed);
    holder.disconnect();
    await eventually(
      async () => {
        if ((await waiting(world)) > 0) throw new Error('clients still wait');
      },
      { timeoutMs: minuteMs, everyMs: 200 },
    );
    const again = await traffic(world, allowed);
    await report(n, {
      bytesEach: Math.round((after.rssBytes - before.rssBytes) / n),
      rssBefore: before.rssBytes,
      rssAfter: after.rssBytes,
      idleCpuMsPerSecond: after.cpuMsPerSecond,
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

interface Traffic {
  p50Ms: number;
  p95Ms: number;
  /** What one request cost the ingress: says more than time on a machine that others use as well. */
  cpuMsEach: number;
}
interface Result {
  bytesEach: number;
  rssBefore: number;
  rssAfter: number;
  /** Of the ingress, while nothing but the parked clients is there. */
  idleCpuMsPerSecond: number;
  parkedPerSecond: number;
  without: Traffic;
  with: Traffic;
  /** After the clients are gone: how far the machine itself drifted. */
  again: Traffic;
}

async function report(n: number, result: Result): Promise<void> {
  const before = (result.without.p50Ms + result.again.p50Ms) / 2;
  const slower = result.with.p50Ms / before - 1;
  const text = ({ p50Ms, p95Ms, cpuMsEach }: Traffic) =>
    `p50 ${p50Ms.toFixed(2)} ms, p95 ${p95Ms.toFixed(2)} ms, ${cpuMsEach.toFixed(2)} ms of the ingress's CPU`;
  console.log(
    `${n} parked connections on one ingress, half of them streams (${result.parkedPerSecond}/s while parking)`,
  );
  console.log(
    `each      ${(result.bytesEach / 1024).toFixed(1)} KiB of resident memory (goal: under ${goalBytes / 1024}); all of them together ${result.idleCpuMsPerSecond.toFixed(0)} ms of CPU a second`,
  );
  console.log(`allowed   without them  ${text(result.without)}`);
  console.log(`          after them    ${text(result.again)}`);
  console.log(
    `          with them     ${text(result.with)}: ${(slower * 100).toFixed(0)} % slower (goal: at most ${goalSlower * 100})`,
  );
  const loadAverage = loadavg()[0]?.toFixed(1);
  console.log(`load average ${loadAverage}`);
  await writeResult('parked', { n, ...result, slower, loadAverage });
  if (result.bytesEach >= goalBytes || slower > goalSlower) process.exitCode = 1;
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

async function traffic(world: World, allowed: Awaited<ReturnType<typeof allowedTraffic>>): Promise<Traffic> {
  const count = 1500;
  const { pid } = world.service('ingress');
  await allowed(1000, 1);
  const before = cpuMs([pid]);
  const { totalMs } = await allowed(count, 1);
  const cpuMsEach = (cpuMs([pid]) - before) / count;
  return { p50Ms: percentile(totalMs, 0.5), p95Ms: percentile(totalMs, 0.95), cpuMsEach };
}

/** The ingress at rest, without garbage: the least resident memory of ten seconds, and its CPU time. */
async function rest(world: World, inspector: number): Promise<{ rssBytes: number; cpuMsPerSecond: number }> {
  await collectGarbage(inspector);
  const { pid } = world.service('ingress');
  const [started, cpuBefore] = [performance.now(), cpuMs([pid])];
  let rssBytes = Number.POSITIVE_INFINITY;
  while (performance.now() - started < restMs) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    rssBytes = Math.min(rssBytes, Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const seconds = (performance.now() - started) / 1000;
  return { rssBytes, cpuMsPerSecond: (cpuMs([pid]) - cpuBefore) / seconds };
}

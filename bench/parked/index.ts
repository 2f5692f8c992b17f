import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { serviceNames } from '#contracts';
import { freePort, programArguments } from '#embedded';
import { eventually, startWorld, type World } from '#testing';
import { cpuMs } from '../gateway/cpu.ts';
import { load, percentile } from '../gateway/load.ts';
import { holdingPolicy } from '../holding-policy.ts';
import { collectGarbage, inspectedBy } from './garbage.ts';
import { ranWithMoreFiles } from './open-files.ts';
import { park, waiting } from './parking.ts';
import { type Result, report, type Traffic } from './report.ts';
import { openSettling } from './settling.ts';

const minuteMs = 60_000;
const restMs = 10_000;

/**
 * `npm run bench -- parked [--n 10000] [--quick]`: so many parked connections on one ingress, half of them streams. Prints
 * what each costs in resident memory, and the latency of allowed traffic without them, with them, while they leave, and
 * after them. Exit code 1 where a goal is missed.
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
    await report(n, await measure({ world, holder, inspector, n }));
  } finally {
    holder.kill();
    await world.stop();
  }
}

interface Setting {
  world: World;
  holder: ChildProcess;
  inspector: number;
  n: number;
}

/**
 * Traffic and memory are looked at once all that came before has settled: the question is what clients cost that wait, not
 * what parking them does. Memory is looked at after a collection of garbage, which makes Node forget all compiled code, so
 * traffic comes before it or is warmed up anew.
 */
async function measure({ world, holder, inspector, n }: Setting): Promise<Result> {
  const allowed = await allowedTraffic(world);
  const settling = await openSettling(world);
  try {
    // So much first that the heap has the size that traffic gives it.
    await warmUp(allowed);
    await settling.settled();
    const before = await rest(world, inspector);
    await warmUp(allowed);
    await settling.settled();
    const without = await traffic(world, allowed);
    const started = performance.now();
    await park(world, holder, n);
    const parkedPerSecond = Math.round((n / (performance.now() - started)) * 1000);
    await settling.settled();
    const withParked = await traffic(world, allowed);
    await settling.settled();
    const after = await rest(world, inspector);
    await warmUp(allowed);
    holder.disconnect();
    const leaving = await traffic(world, allowed);
    await eventually(
      async () => {
        if ((await waiting(world)) > 0) throw new Error('clients still wait');
      },
      { timeoutMs: minuteMs, everyMs: 200 },
    );
    await settling.settled();
    const again = await traffic(world, allowed);
    return {
      bytesEach: Math.round((after.rssBytes - before.rssBytes) / n),
      rssBefore: before.rssBytes,
      rssAfter: after.rssBytes,
      idleCpuMsPerSecond: after.cpuMsPerSecond,
      emptyCpuMsPerSecond: before.cpuMsPerSecond,
      parkedPerSecond,
      without,
      with: withParked,
      leaving,
      again,
    };
  } finally {
    await settling.close();
  }
}

function startHolder(): ChildProcess {
  const program = programArguments('bench/parked/holder-main');
  return fork(program.at(-1) as string, { execArgv: program.slice(0, -1) });
}

type Allowed = Awaited<ReturnType<typeof allowedTraffic>>;

const warmUp = (allowed: Allowed) => allowed(4000, 16);

async function allowedTraffic(world: World) {
  const token = await world.idp.mint({ user: 'dave', expiresInSeconds: 7200 });
  const shot = {
    url: `${world.urlOf('ingress')}/v1/chat/completions`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: Buffer.from(JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Good day.' }] })),
  };
  return (count: number, concurrency: number) => load(shot, count, concurrency);
}

async function traffic(world: World, allowed: Allowed): Promise<Traffic> {
  const count = 1500;
  const used = () => [cpuMs([world.service('ingress').pid]), cpuMs([world.service('policy').pid])] as const;
  await allowed(1000, 1);
  const before = used();
  const { totalMs } = await allowed(count, 1);
  const after = used();
  return {
    p50Ms: percentile(totalMs, 0.5),
    p95Ms: percentile(totalMs, 0.95),
    cpuMsEach: (after[0] - before[0]) / count,
    policyCpuMsEach: (after[1] - before[1]) / count,
  };
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

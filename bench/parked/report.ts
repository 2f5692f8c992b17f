import { loadavg } from 'node:os';
import { writeResult } from '../results.ts';

const goalBytes = 20 * 1024;
const goalSlower = 0.2;

/** How allowed requests fared, one after the other. */
export interface Traffic {
  p50Ms: number;
  p95Ms: number;
  /** What one request cost the ingress, keep-alives of the others included: says more than time on a busy machine. */
  cpuMsEach: number;
  /** What it cost policy, which the parked clients can not slow down: how far the machine itself drifted. */
  policyCpuMsEach: number;
}
/** What the bench found. */
export interface Result {
  bytesEach: number;
  rssBefore: number;
  rssAfter: number;
  /** Of the ingress, while nothing but the parked clients is there: nearly all of it is keep-alives of the streams. */
  idleCpuMsPerSecond: number;
  /** The same while nobody is there. */
  emptyCpuMsPerSecond: number;
  parkedPerSecond: number;
  without: Traffic;
  with: Traffic;
  /** From the moment on that all of them hang up at once. */
  leaving: Traffic;
  /** Once all of that is over. */
  again: Traffic;
}

/** Prints and keeps what was found; sets the exit code where a goal is missed. */
export async function report(n: number, result: Result): Promise<void> {
  const before = (result.without.p50Ms + result.again.p50Ms) / 2;
  const slower = result.with.p50Ms / before - 1;
  const say = (name: string, { p50Ms, p95Ms, cpuMsEach, policyCpuMsEach }: Traffic, more = '') => {
    const cpu = `CPU a request: ingress ${cpuMsEach.toFixed(2)} ms, policy ${policyCpuMsEach.toFixed(2)} ms`;
    console.log(`  ${name.padEnd(16)} p50 ${p50Ms.toFixed(2)} ms, p95 ${p95Ms.toFixed(2)} ms; ${cpu}${more}`);
  };
  const { bytesEach, idleCpuMsPerSecond: idle, emptyCpuMsPerSecond: empty } = result;
  console.log(
    `${n} parked connections on one ingress, half of them streams (${result.parkedPerSecond}/s while parking)`,
  );
  console.log(
    `each ${(bytesEach / 1024).toFixed(1)} KiB of resident memory (goal: under ${goalBytes / 1024})`,
  );
  console.log(
    `all of them ${idle.toFixed(0)} ms of the ingress's CPU a second, nobody ${empty.toFixed(0)} ms`,
  );
  console.log('allowed traffic');
  say('without them', result.without);
  say('while they leave', result.leaving);
  say('after them', result.again);
  say(
    'with them',
    result.with,
    `: ${(slower * 100).toFixed(0)} % slower (goal: at most ${goalSlower * 100})`,
  );
  const loadAverage = loadavg()[0]?.toFixed(1);
  console.log(`load average ${loadAverage}`);
  await writeResult('parked', { n, ...result, slower, loadAverage });
  if (result.bytesEach >= goalBytes || slower > goalSlower) process.exitCode = 1;
}

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type RecordedRequest, SessionList, Simulation } from '#contracts';
import { readRecordedBody } from '#protocols';
import { type CompiledPolicy, evaluate, loadPolicy, recordedEffect, recordedInput } from '#rules';
import { eventually, startWorld, type World } from '#testing';
import { Caller } from '../../cli/caller.ts';
import { readSince } from '../../cli/policy/recorded.ts';
import { simulate } from '../../cli/policy/simulate.ts';
import { documentOf } from '../activate/document.ts';
import { cpuMs } from '../gateway/cpu.ts';
import { writeResult } from '../results.ts';
import { inFlight, publishRequests } from './recorded.ts';

const limitSeconds = 60;
const compared = 1000;

/**
 * `npm run bench -- simulate [--n 100000] [--rules 100]`: records requests, then tries a draft on them: as an auditor,
 * who reads them and judges in this process, and as an author who is none, for whom audit counts. Compares the first 1,000
 * with a plain loop. Exit code 1 where either took a minute or more, or they differ.
 */
export async function benchSimulate(args: readonly string[]): Promise<void> {
  const options = {
    n: { type: 'string', default: '100000' },
    rules: { type: 'string', default: '100' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const [n, rules] = [Number(values.n), Number(values.rules)];
  const world = await startWorld({
    config: ({ issuer, upstream }) => {
      const document = JSON.parse(documentOf(issuer, upstream, rules, 0));
      return JSON.stringify({ ...document, roles: { ...document.roles, auditor: ['security'] } });
    },
  });
  try {
    await world.startServices(['policy', 'audit']);
    await publishRequests(world, n);
    const auditor = callerOf(world, 'alice');
    await eventually(() => recorded(auditor, n), { timeoutMs: 1_200_000, everyMs: 1000 });
    const text = draftOf(world, rules);
    const draft = policyOf(text);
    const own = await timed(world, () => simulate(draft, readSince(auditor, 0)));
    const files = [{ name: 'draft.yaml', text }];
    const counted = await timed(world, () =>
      callerOf(world, 'erin').call('POST', '/v1/simulations', Simulation, { files, from: 0 }, 1_200_000),
    );
    const loop = await plainLoop(draft, auditor);
    const isEqual = own.result.requests === n && sameCounts(own.result, counted.result) && loop;
    const loadAverage = loadavg()[0]?.toFixed(1);
    console.log(`${n} recorded requests, ${rules} rules, load average ${loadAverage}`);
    console.log(`read and judged by an auditor: ${inWords(own)}`);
    console.log(`counted by audit for an author: ${inWords(counted)}`);
    console.log(`${isEqual ? 'equal' : 'NOT equal'} to each other, and to a plain loop over ${compared}`);
    const { newly, requests, skipped } = own.result;
    console.log(`${requests} requests, skipped ${JSON.stringify(skipped)}`);
    console.log(`newly denied ${newly.deny.count}, held ${newly.hold.count}, allowed ${newly.allow.count}`);
    const times = [own, counted].map(({ seconds, cpuSeconds }) => ({ seconds, cpuSeconds }));
    await writeResult('simulate', { n, rules, auditor: times[0], author: times[1], isEqual, loadAverage });
    if (!isEqual || own.seconds >= limitSeconds || counted.seconds >= limitSeconds) process.exitCode = 1;
  } finally {
    await world.stop();
  }
}

function callerOf(world: World, user: string): Caller {
  return new Caller(world.urlOf('audit'), () => world.idp.mint({ user, expiresInSeconds: 7200 }));
}

/** The rules in force, and two more that make a difference. */
function draftOf(world: World, rules: number): string {
  const document = JSON.parse(documentOf(world.idp.issuer, world.upstream.baseUrl, rules, 1));
  const approval = { all: { security: 1 } };
  document.rules.push(
    {
      name: 'passwords',
      match: { groups: ['contractors'] },
      prompt: { keywords: ['password'] },
      effect: 'hold',
      approval,
    },
    { name: 'cards', prompt: { entities: ['CREDIT_CARD'] }, when: 'user.claims.level < 3', effect: 'deny' },
  );
  return JSON.stringify(document);
}

function policyOf(text: string): CompiledPolicy {
  const loaded = loadPolicy(text);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
  return loaded.policy;
}

/** Audit writes sessions behind the ledger, in its order: the newest that could still be under way are all answered. */
async function recorded(caller: Caller, count: number): Promise<void> {
  let cursor: string | undefined;
  for (let seen = 0; seen < Math.min(count, inFlight); ) {
    const query = new URLSearchParams({ limit: '200', ...(cursor !== undefined && { cursor }) });
    const { items, next } = await caller.call('GET', `/v1/sessions?${query}`, SessionList);
    const newest = items[0];
    const isLast =
      cursor !== undefined ||
      newest?.id.endsWith(
        String(count - 1)
          .padStart(19, '0')
          .slice(-19),
      );
    if (!isLast || items.some(({ outcome }) => outcome === null)) throw new Error('not all is recorded yet');
    seen += items.length;
    cursor = next;
  }
}

interface Timed<T> {
  result: T;
  seconds: number;
  /** CPU of this process, and of audit and the database: what it takes on a machine that has nothing else to do. */
  cpuSeconds: { here: number; there: number };
}

async function timed<T>(world: World, work: () => Promise<T>): Promise<Timed<T>> {
  const others = [world.service('audit').pid, ...world.serverPids];
  const [started, here, there] = [performance.now(), process.cpuUsage(), cpuMs(others)];
  const result = await work();
  const { user, system } = process.cpuUsage(here);
  const cpuSeconds = { here: (user + system) / 1e6, there: (cpuMs(others) - there) / 1000 };
  return { result, seconds: (performance.now() - started) / 1000, cpuSeconds };
}

const inWords = ({ seconds, cpuSeconds: { here, there } }: Timed<unknown>): string =>
  `${seconds.toFixed(1)} s; CPU here ${here.toFixed(1)} s, of audit, Postgres and NATS ${there.toFixed(1)} s`;

function sameCounts(a: Simulation, b: Simulation): boolean {
  const counts = ({ newly, decisions, requests }: Simulation) =>
    [newly.allow.count, newly.hold.count, newly.deny.count, decisions, requests].join(' ');
  return counts(a) === counts(b);
}

/** Whether the simulation of 1,000 requests counts what judging each of them by itself counts. */
async function plainLoop(draft: CompiledPolicy, caller: Caller): Promise<boolean> {
  const some: RecordedRequest[] = [];
  for await (const request of readSince(caller, 0)) if (some.push(request) === compared) break;
  const counts = { allow: 0, hold: 0, deny: 0 };
  for (const request of some) {
    const input = recordedInput(request, readRecordedBody);
    if (typeof input === 'string') return false;
    const { effect } = evaluate(draft, input);
    if (effect !== recordedEffect(request)) counts[effect]++;
  }
  const { newly } = await simulate(draft, some);
  return (['allow', 'hold', 'deny'] as const).every((effect) => newly[effect].count === counts[effect]);
}

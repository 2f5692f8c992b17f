import { accessDenied, encodeEnvelope } from '#contracts';
import { type Figures, figuresOf, timed } from './figures.ts';
import type { Approvals } from './world.ts';

/** So many requests are held, and as many decided, in a second. */
export const decisionsPerSecond = 4;
/** Decided before the first that counts: a service that runs for a while has compiled what it runs. */
export const warmUpDecisions = 40;
/** A person decides about what waits for a while, not the moment it comes in. */
const heldAhead = 20;
const periodMs = 1000 / decisionsPerSecond;
const longestMs = 30_000;

/** Decision to model call, beside what it can't be faster than: one durable commit, one acknowledged publish. */
export async function measureDecisions(world: Approvals, count: number): Promise<Record<string, Figures>> {
  const times = {
    decided: [] as number[],
    answered: [] as number[],
    commits: [] as number[],
    publishes: [] as number[],
  };
  await world.database.query('create table if not exists bench_commit (at timestamptz)');
  const waiting = await Promise.all(Array.from({ length: heldAhead }, () => hold(world)));
  for (let k = -warmUpDecisions; k < count; k++) {
    const from = performance.now();
    const next = waiting.shift();
    if (!next) throw new Error('nothing waits');
    const vote = timed(() => world.vote(next.seen));
    const calledAt = await within(next.called);
    const answerMs = await vote;
    await until(from + periodMs / 3);
    const commitMs = await timed(() => world.database.query('insert into bench_commit values (now())'));
    const publishMs = await timed(() => publish(world, `${k}-${next.seen.id}`));
    waiting.push(await hold(world));
    await until(from + periodMs);
    if (k < 0) continue;
    times.decided.push(calledAt - from);
    times.answered.push(answerMs);
    times.commits.push(commitMs);
    times.publishes.push(publishMs);
  }
  await world.database.query('drop table bench_commit');
  return {
    'decision to model call': figuresOf(times.decided),
    'answer to the vote': figuresOf(times.answered),
    'one Postgres commit': figuresOf(times.commits),
    'one JetStream publish': figuresOf(times.publishes),
  };
}

async function hold(world: Approvals) {
  const text = `the password of server ${crypto.randomUUID()}`;
  const called = world.called(text);
  return { seen: await world.hold(text), called };
}

function publish(world: Approvals, id: string): Promise<unknown> {
  const options = { messageId: `bench-${id}` };
  return world.bus.publish(accessDenied.subject(), refusal(Date.now()), options);
}

/** Waits until `performance.now()` is `at`; not at all where that is over. */
async function until(at: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the model was not called')), longestMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A small event that approval may publish. */
function refusal(at: number): Uint8Array {
  const head = {
    service: 'approval',
    code: 'approval.not_found',
    address: '127.0.0.1',
    route: '/v1/approvals',
  };
  return encodeEnvelope({ ...head, count: 1, since: at, until: at });
}

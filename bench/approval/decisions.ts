import { accessDenied, encodeEnvelope } from '#contracts';
import { eventually } from '#testing';
import { type Figures, figuresOf, timed } from './figures.ts';
import type { Approvals } from './world.ts';

/** Decision to model call, beside what it can't be faster than: one durable commit, one acknowledged publish. */
export async function measureDecisions(world: Approvals, count: number): Promise<Record<string, Figures>> {
  const decided: number[] = [];
  const answered: number[] = [];
  const commits: number[] = [];
  const publishes: number[] = [];
  await world.database.query('create table if not exists bench_commit (at timestamptz)');
  for (let k = 0; k < count; k++) {
    const text = `the password of server ${k}-${crypto.randomUUID()}`;
    const seen = await world.hold(text);
    const from = performance.now();
    await world.vote(seen);
    answered.push(performance.now() - from);
    const called = await eventually(
      () => {
        const at = world.calledAt(text);
        if (at === undefined) throw new Error('not called yet');
        return at;
      },
      { timeoutMs: 30_000, everyMs: 1 },
    );
    decided.push(called - from);
    commits.push(await timed(() => world.database.query('insert into bench_commit values (now())')));
    publishes.push(
      await timed(() =>
        world.bus.publish(accessDenied.subject(), refusal(k), { messageId: `bench-${text}` }),
      ),
    );
  }
  await world.database.query('drop table bench_commit');
  return {
    'decision to model call': figuresOf(decided),
    'answer to the vote': figuresOf(answered),
    'one Postgres commit': figuresOf(commits),
    'one JetStream publish': figuresOf(publishes),
  };
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

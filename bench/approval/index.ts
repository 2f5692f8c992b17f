import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeResult } from '../results.ts';
import { decisionsPerSecond, measureDecisions, warmUpDecisions } from './decisions.ts';
import { measurePending } from './pending.ts';
import { startApprovals } from './world.ts';

/** `--quick`: small sizes, to see that it runs. The goals are for the full ones on an idle machine. */
export async function benchApproval(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      decisions: { type: 'string' },
      pending: { type: 'string' },
    },
  });
  const decisions = Number(values.decisions ?? (values.quick ? 20 : 300));
  const pending = Number(values.pending ?? (values.quick ? 2000 : 100_000));
  // Whatever else the machine does is in every number below.
  const loadAverage = loadavg().map((load) => Math.round(load * 10) / 10);
  const world = await startApprovals();
  try {
    console.log(
      `${decisions} decisions, ${decisionsPerSecond} a second while as many requests are held, after ${warmUpDecisions} to warm up: from the vote's first byte to the model's first byte`,
    );
    const decided = await measureDecisions(world, decisions);
    console.table(decided);
    console.log(`${pending} pending requests`);
    const waiting = await measurePending(world, pending);
    console.table(waiting);
    const goals = {
      'decision to model call, p99 ms': 25,
      'list, vote and expiry sweep with 100,000 pending, p95 ms': 50,
      'deadlines that passed meanwhile, ms after the start': 5000,
    };
    await writeResult('approval', {
      quick: values.quick,
      loadAverage,
      decisionsPerSecond,
      warmUpDecisions,
      decisions: decided,
      pending,
      waiting,
      goals,
    });
  } finally {
    await world.stop();
  }
}

import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { durationMs, RecordedRequest, Simulation, Whoami } from '#contracts';
import { readRecordedBody } from '#protocols';
import { type CompiledPolicy, Simulator } from '#rules';
import { CallError, Caller, runCall } from '../caller.ts';
import { inWords, jsonText, say, table } from '../terminal.ts';
import { refuseUse } from '../unusable.ts';
import { faultsOf, faultsText, readPolicy, readSources } from './read-policy.ts';
import { type RecordedFlags, readSince, withRecorded } from './recorded.ts';

const simulationTimeoutMs = 10 * 60_000;

/** Judges recorded requests by a draft and lists only what would change. */
export async function simulate(
  draft: CompiledPolicy,
  requests: AsyncIterable<RecordedRequest> | Iterable<RecordedRequest>,
): Promise<Simulation> {
  const simulator = new Simulator(draft, readRecordedBody);
  for await (const request of requests) simulator.add(request);
  return simulator.result();
}

interface SimulateFlags extends RecordedFlags {
  draft: string;
  since: string;
  recorded?: string;
  save?: string;
}

/** Adds `policy simulate --draft PATH`. */
export function registerSimulate(policy: Command): void {
  withRecorded(
    policy.command('simulate').description('what a draft would decide otherwise about past requests'),
  )
    .requiredOption('--draft <path>', 'the policy to try: a file or a folder')
    .option('--since <time>', 'how far back, e.g. 14d', '14d')
    .option('--save <file>', 'keep the requests that were read, content and all, for --recorded')
    .option('--recorded <file>', 'requests that were saved, instead of asking audit')
    .action((flags: SimulateFlags) => runCall(flags, (caller) => run(caller, flags)));
}

async function run(caller: Caller, flags: SimulateFlags): Promise<void> {
  const read = await readPolicy(flags.draft);
  if (read.kind !== 'policy') {
    return refuseUse(flags, 'config.invalid', faultsText(read), faultsOf(read));
  }
  const result = (await counted(caller, flags)) ?? (await simulate(read.policy, source(caller, flags)));
  say(flags.json ? jsonText(result) : simulationText(result));
}

/** Authors who may not read what others asked get counts from audit; undefined for those who read for themselves. */
async function counted(caller: Caller, flags: SimulateFlags): Promise<Simulation | undefined> {
  if (flags.recorded !== undefined || flags.save !== undefined) return undefined;
  const { roles } = await caller.call('GET', '/v1/whoami', Whoami);
  const isAuthor = roles.includes('policy-author') || roles.includes('admin');
  if (roles.includes('auditor') || !isAuthor) return undefined;
  const from = Date.now() - lengthOf(flags.since);
  const body = { files: await readSources(flags.draft), from };
  return caller.call('POST', '/v1/simulations', Simulation, body, simulationTimeoutMs);
}

async function* source(
  caller: Caller,
  { since, recorded, save }: SimulateFlags,
): AsyncGenerator<RecordedRequest> {
  if (recorded !== undefined) {
    for await (const line of createInterface({ input: createReadStream(recorded) })) {
      if (line !== '') yield RecordedRequest.parse(JSON.parse(line));
    }
    return;
  }
  const file = save === undefined ? undefined : createWriteStream(save, { mode: 0o600 });
  for await (const request of readSince(caller, Date.now() - lengthOf(since))) {
    if (file && !file.write(`${JSON.stringify(request)}\n`)) {
      await new Promise<void>((resolve) => file.once('drain', () => resolve()));
    }
    yield request;
  }
  if (file) await new Promise<void>((resolve) => file.end(() => resolve()));
}

function lengthOf(since: string): number {
  try {
    return durationMs(since);
  } catch {
    throw new CallError('request.invalid', '--since is a length of time such as 14d or 12h', 0);
  }
}

/** The result for people. */
export function simulationText({
  requests,
  skipped,
  newly,
  decisions,
  medianDecisionMs,
}: Simulation): string {
  const titles = { deny: 'newly denied', hold: 'newly held', allow: 'newly allowed' } as const;
  const lines = [`${requests} requests`];
  for (const [why, count] of Object.entries(skipped)) lines.push(`${count} not judged: ${why}`);
  for (const effect of ['deny', 'hold', 'allow'] as const) {
    const { count, examples } = newly[effect];
    lines.push('', `${titles[effect]}: ${count}`);
    if (effect === 'hold' && count > 0) lines.push(costText(decisions, medianDecisionMs));
    const rows = examples.map(({ id, user, before, rules }) => [
      '',
      id,
      user,
      `was ${before}`,
      rules.join(', '),
    ]);
    if (rows.length > 0) lines.push(table(rows));
  }
  return lines.join('\n');
}

function costText(decisions: number, medianMs: number | null): string {
  if (medianMs === null) return `  ${decisions} decisions; how long one takes is not recorded yet`;
  const hours = ((decisions * medianMs) / 3_600_000).toFixed(1);
  return `  ${decisions} decisions, ${inWords(medianMs)} each as recorded: ${hours} approver hours`;
}

import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { durationMs, SessionDetail } from '#contracts';
import { type CompiledPolicy, evaluate, formatIssue } from '#rules';
import { CallError, Caller, runCall } from './caller.ts';
import { readPolicy } from './read-policy.ts';
import { type RecordedFlags, readSince, recordedInput, withRecorded } from './recorded.ts';
import { inWords, table } from './terminal.ts';

type Effect = 'allow' | 'hold' | 'deny';

/** A request that a draft decides otherwise. */
export interface ChangedRequest {
  readonly id: string;
  readonly user: string;
  readonly before: Effect;
  readonly after: Effect;
  readonly rules: readonly string[];
}

/** What would change under a draft. */
export interface Simulation {
  readonly requests: number;
  /** Not judged, by why. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly newly: Readonly<
    Record<Effect, { readonly count: number; readonly examples: readonly ChangedRequest[] }>
  >;
  /** What newly held requests ask of approvers. One decision covers a conversation. */
  readonly decisions: number;
  /** Median time from held to the last vote, of recorded requests; null where none was decided. */
  readonly medianDecisionMs: number | null;
}

const examplesKept = 10;
const decisionsKept = 100_000;

/** Judges recorded requests by a draft and lists only what would change. Memory doesn't grow with the requests. */
export async function simulate(
  draft: CompiledPolicy,
  sessions: AsyncIterable<SessionDetail> | Iterable<SessionDetail>,
): Promise<Simulation> {
  const newly = { allow: fresh(), hold: fresh(), deny: fresh() };
  const skipped: Record<string, number> = {};
  const skip = (why: string) => {
    skipped[why] = (skipped[why] ?? 0) + 1;
  };
  const conversations = new Set<string>();
  const decisionMs: number[] = [];
  let requests = 0;
  for await (const session of sessions) {
    requests++;
    const tookMs = decisionTimeOf(session);
    if (tookMs !== undefined && decisionMs.length < decisionsKept) decisionMs.push(tookMs);
    const before = effectOf(session);
    const input = before === undefined ? 'no rule decided about it' : recordedInput(session, draft);
    if (before === undefined || typeof input === 'string') {
      skip(String(input));
      continue;
    }
    const { effect: after, rules } = evaluate(draft, input);
    if (after === before) continue;
    const found = newly[after];
    found.count++;
    if (after === 'hold') conversations.add(session.conversation ?? session.id);
    if (found.examples.length >= examplesKept) continue;
    const names = rules.filter(({ mode }) => mode === 'enforce').map(({ name }) => name);
    found.examples.push({ id: session.id, user: input.principal.subject, before, after, rules: names });
  }
  const sorted = decisionMs.sort((a, b) => a - b);
  const medianDecisionMs = sorted[Math.floor(sorted.length / 2)] ?? null;
  return { requests, skipped, newly, decisions: conversations.size, medianDecisionMs };
}

const fresh = (): { count: number; examples: ChangedRequest[] } => ({ count: 0, examples: [] });

/** What rules made of a recorded request; undefined where something else ended it first. */
export function effectOf({ held, outcome, code }: SessionDetail): Effect | undefined {
  if (held) return 'hold';
  if (outcome === null || code === 'policy.frozen') return undefined;
  if (outcome !== 'denied') return 'allow';
  return code?.startsWith('policy.') ? 'deny' : undefined;
}

function decisionTimeOf({ decisions, votes }: SessionDetail): number | undefined {
  const held = decisions.find(({ effect, gate }) => effect === 'held' && gate === 'prompt');
  const last = votes.filter(({ gate }) => gate === 'prompt').at(-1);
  return held && last ? Math.max(0, last.at - held.at) : undefined;
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
    const text = read.kind === 'unreadable' ? read.message : read.issues.map(formatIssue).join('\n');
    process.stderr.write(`${text}\n`);
    process.exitCode = 2;
    return;
  }
  const result = await simulate(read.policy, source(caller, flags));
  process.stdout.write(`${flags.json ? JSON.stringify(result) : simulationText(result)}\n`);
}

async function* source(
  caller: Caller,
  { since, recorded, save }: SimulateFlags,
): AsyncGenerator<SessionDetail> {
  if (recorded !== undefined) {
    for await (const line of createInterface({ input: createReadStream(recorded) })) {
      if (line !== '') yield SessionDetail.parse(JSON.parse(line));
    }
    return;
  }
  const file = save === undefined ? undefined : createWriteStream(save, { mode: 0o600 });
  for await (const session of readSince(caller, Date.now() - lengthOf(since))) {
    if (file && !file.write(`${JSON.stringify(session)}\n`)) {
      await new Promise<void>((resolve) => file.once('drain', () => resolve()));
    }
    yield session;
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

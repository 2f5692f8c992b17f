import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { IncidentList, Replay, SessionDetail, SessionList, SignedCheckpoint } from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, type Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { registerEvidence } from './evidence.ts';
import { registerGovernance } from './governance.ts';
import { registerReport } from './report.ts';
import { registerSinks } from './sinks.ts';
import { incidentsText, sessionsText, sessionText, stepText } from './text.ts';
import { registerAuditVerify } from './verify.ts';

const usualUrl = addressOf('audit');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pathOf = (id: string): string => `/v1/sessions/${encodeURIComponent(id)}`;
const CheckpointList = z.object({ items: z.array(SignedCheckpoint) });

/** Adds `audit show|list|export|verify|replay|gaps|checkpoint`. */
export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('the record of what happened');
  registerSessions(audit);
  registerLedger(audit);
  registerExport(audit);
  registerGovernance(audit);
  registerSinks(audit, usualUrl);
  registerReport(audit);
  registerEvidence(audit);
  registerAuditVerify(audit);
}

type ListFlags = CallerFlags & Record<(typeof filters)[number][0], string | undefined>;

const filters = [
  ['user', 'asked by this person'],
  ['group', 'asked by a member of this group'],
  ['client', 'asked through this OAuth client or client family'],
  ['connection', 'to this connection'],
  ['model', 'to this model'],
  ['rule', 'decided by this rule'],
  ['outcome', 'answered, denied, rejected, expired, cancelled, blocked, failed or open'],
  ['approver', 'decided by this person'],
  ['entity', 'where a value of this kind was masked'],
  ['conversation', 'of this conversation'],
  ['words', 'whole words of the prompt or the answer, all of them (auditors; recorded)'],
  ['from', 'received since (ISO 8601)'],
  ['to', 'received before (ISO 8601)'],
  ['limit', 'at most so many'],
  ['cursor', '`next` of the page before'],
] as const;

function registerSessions(audit: Command): void {
  const list = withCaller(audit.command('list').description('requests, newest first'), usualUrl);
  for (const [name, description] of filters) list.option(`--${name} <value>`, description);
  list.action((flags: ListFlags) =>
    runCall(flags, async (caller) => {
      const asked = filters.flatMap(([name]): [string, string][] =>
        flags[name] === undefined ? [] : [[name, flags[name]]],
      );
      const page = await caller.call('GET', `/v1/sessions?${new URLSearchParams(asked)}`, SessionList);
      say(flags.json ? JSON.stringify(page) : sessionsText(page.items));
      if (page.next && !flags.json) say(`more: --cursor ${page.next}`);
    }),
  );
  withCaller(
    audit.command('show').argument('<request>').description('who, what, which rule, each vote, the answer'),
    usualUrl,
  )
    .option('--no-content', 'everything but the content')
    .action((id: string, flags: CallerFlags & { content: boolean }) =>
      runCall(flags, async (caller) => {
        const detail = await caller.call('GET', `${pathOf(id)}?content=${flags.content}`, SessionDetail);
        say(flags.json ? JSON.stringify(detail) : sessionText(detail));
      }),
    );
  withCaller(audit.command('replay').argument('<request>').description('as it happened'), usualUrl)
    .option('--speed <factor>', 'so many times as fast; 0: at once', '1')
    .action((id: string, flags: CallerFlags & { speed: string }) =>
      runCall(flags, async (caller) => {
        const replay = await caller.call('GET', `${pathOf(id)}/replay`, Replay);
        if (flags.json) say(JSON.stringify(replay));
        else await play(replay, Number(flags.speed));
      }),
    );
}

/** Prints a replay's steps with the time that lay between them. */
async function play(replay: Replay, speed: number): Promise<void> {
  if (!(speed >= 0)) throw new CallError('request.invalid', '--speed is a number such as 4', 0);
  let atMs = 0;
  for (const step of replay.steps) {
    const waitMs = speed === 0 ? 0 : (step.atMs - atMs) / speed;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    atMs = step.atMs;
    say(stepText(step));
  }
}

interface GapFlags extends CallerFlags {
  all?: boolean;
  acknowledge?: boolean;
}

function registerLedger(audit: Command): void {
  withCaller(audit.command('gaps').description('what is missing or does not fit'), usualUrl)
    .option('--all', 'also what somebody took note of')
    .option('--acknowledge', 'take note of everything that is shown')
    .action((flags: GapFlags) => runCall(flags, (caller) => gaps(caller, flags)));
  withCaller(audit.command('checkpoint').description('the newest signed checkpoint'), usualUrl)
    .option('--key', 'print the public key instead')
    .action((flags: CallerFlags & { key?: boolean }) =>
      runCall(flags, async (caller) => {
        if (flags.key) {
          const { key } = await caller.call('GET', '/v1/key', z.object({ key: z.string() }));
          say(flags.json ? JSON.stringify({ key }) : key);
          return;
        }
        const { items } = await caller.call('GET', '/v1/checkpoints?limit=1', CheckpointList);
        const newest = items[0];
        if (newest === undefined) throw new CallError('request.not_found', 'Nothing is signed yet.', 404);
        process.stdout.write(flags.json ? `${JSON.stringify(newest)}\n` : newest.note);
      }),
    );
}

async function gaps(caller: Caller, flags: GapFlags): Promise<void> {
  const list = await caller.call('GET', `/v1/gaps?all=${flags.all === true}`, IncidentList);
  say(flags.json ? JSON.stringify(list) : incidentsText(list));
  if (!flags.acknowledge) return;
  const noted = z.object({ acknowledged: z.number() });
  const { acknowledged } = await caller.call('POST', '/v1/gaps/acknowledge', noted, {});
  if (!flags.json) say(`took note of ${acknowledged}`);
}

interface ExportFlags extends CallerFlags {
  from?: string;
  to?: string;
  request?: string;
  output?: string;
}

function registerExport(audit: Command): void {
  withCaller(audit.command('export').description('the ledger as NDJSON, for `audit verify`'), usualUrl)
    .option('--from <time>', 'entries since (ISO 8601)')
    .option('--to <time>', 'entries before (ISO 8601)')
    .option('--request <id>', 'only the entries of one request')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .action((flags: ExportFlags) =>
      runCall(flags, async (caller) => {
        const { from, to, request } = flags;
        const asked = Object.entries({ from, to, request });
        const query = new URLSearchParams(
          asked.filter((one): one is [string, string] => one[1] !== undefined),
        );
        const body = Readable.fromWeb(await caller.stream(`/v1/export?${query}`));
        const target = flags.output === undefined ? process.stdout : createWriteStream(flags.output);
        await pipeline(body, target, { end: flags.output !== undefined });
      }),
    );
}

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  ApprovalDetail,
  ApprovalList,
  ApprovalStats,
  type BodyEdit,
  ContentView,
  GrantView,
  type Vote,
} from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, type Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { jsonText, say } from '../terminal.ts';
import { grantText, readGrant } from './grants.ts';
import { detailText, listText, statsText } from './text.ts';
import { watchApprovals } from './watch.ts';

const usualUrl = addressOf('approval');
const idHelp = 'an id of the list, or `next`: what has waited longest';
const pathOf = (id: string): string => `/v1/approvals/${encodeURIComponent(id)}`;

/** `next` stands for the one that has waited longest. Throws `CallError` where nothing waits. */
async function idOf(caller: Caller, given: string): Promise<string> {
  if (given !== 'next') return given;
  const { items } = await caller.call('GET', '/v1/approvals?limit=1', ApprovalList);
  if (items[0]) return items[0].id;
  throw new CallError('approval.not_found', 'Nothing waits for you.', 404);
}

const collect = (value: string, values: string[]): string[] => [...values, value];

/** Adds `approvals list|show|approve|reject|edit|revoke|stop|watch|stats`. */
export function registerApprovals(program: Command): void {
  const approvals = program.command('approvals').description('what waits for people, and deciding about it');
  registerReading(approvals);
  registerVoting(approvals);
  registerEditing(approvals);
}

interface ShowFlags extends CallerFlags {
  reveal?: string;
}

interface ListFlags extends CallerFlags {
  state: string;
  sort: string;
  limit: string;
  group?: string;
  rule?: string;
  connection?: string;
  requester?: string;
  cursor?: string;
}

function registerReading(approvals: Command): void {
  withCaller(approvals.command('list').description('what you can decide about'), usualUrl)
    .option('--state <state>', 'open, all, or one state such as rejected', 'open')
    .option('--sort <order>', 'oldest, newest or expiring', 'oldest')
    .option('--limit <count>', 'at most so many', '50')
    .option('--group <name>', 'what this approval group decides')
    .option('--rule <name>', 'what this rule held')
    .option('--connection <name>', 'requests to this connection')
    .option('--requester <subject>', 'requests of this person')
    .option('--cursor <text>', '`next` of the page before')
    .action((flags: ListFlags) =>
      runCall(flags, async (caller) => {
        const { state, sort, limit, group, rule, connection, requester, cursor } = flags;
        const asked = Object.entries({ state, sort, limit, group, rule, connection, requester, cursor });
        const query = new URLSearchParams(
          asked.filter((entry): entry is [string, string] => entry[1] !== undefined),
        );
        const list = await caller.call('GET', `/v1/approvals?${query}`, ApprovalList);
        say(flags.json ? jsonText(list) : listText(list.items, Date.now()));
        if (list.next && !flags.json) say(`more: --cursor ${list.next}`);
      }),
    );
  withCaller(
    approvals.command('show').description('one of them, complete').argument('<id>', idHelp),
    usualUrl,
  )
    .option('--reveal <reason>', 'what is masked in clear; the ledger keeps the reason')
    .action((id: string, flags: ShowFlags) =>
      runCall(flags, async (caller) => show(caller, await idOf(caller, id), flags)),
    );
  withCaller(approvals.command('watch').description('what comes in, until Ctrl-C'), usualUrl).action(
    (flags: CallerFlags) => runCall(flags, (caller) => watchApprovals(caller, flags.json === true, say)),
  );
  withCaller(approvals.command('stats').description('how fast and how people decide'), usualUrl).action(
    (flags: CallerFlags) =>
      runCall(flags, async (caller) => {
        const stats = await caller.call('GET', '/v1/approvals/stats', ApprovalStats);
        say(flags.json ? jsonText(stats) : statsText(stats));
      }),
  );
}

interface VoteFlags extends CallerFlags {
  reason?: string;
  digest?: string;
  breakGlass?: boolean;
  grant?: string;
}

function registerVoting(approvals: Command): void {
  for (const [verb, description] of [
    ['approve', 'let it run as it was shown'],
    ['reject', 'refuse it; the caller is told the reason'],
  ] as const) {
    const command = withCaller(
      approvals.command(verb).description(description).argument('<id>', idHelp),
      usualUrl,
    );
    if (verb === 'approve')
      command
        .option('--break-glass', 'alone, with a reason; others review it afterwards')
        .option(
          '--grant <limits>',
          'and the same shape again: 1h, 20 (uses) or conversation; join with commas',
        );
    command
      .option('--reason <text>', verb === 'reject' ? 'why (needed)' : 'why')
      .option('--digest <hex>', 'what you saw, or its first digits: refused where it changed since')
      .action((id: string, flags: VoteFlags) =>
        runCall(flags, async (caller) => vote(caller, await idOf(caller, id), verb, flags)),
      );
  }
  withCaller(
    approvals
      .command('grant')
      .description('after an approval: the same shape again, for 1h, 20 (uses) or conversation')
      .argument('<id>')
      .argument('<limits>'),
    usualUrl,
  ).action((id: string, limits: string, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const { digest, version } = await read(caller, id);
      const body = { digest, version, grant: readGrant(limits) };
      const grant = await caller.call('POST', `${pathOf(id)}/grants`, GrantView, body);
      say(flags.json ? jsonText(grant) : grantText(grant, Date.now()));
    }),
  );
  for (const [verb, description] of [
    ['revoke', 'take an approval back before it runs'],
    ['stop', 'stop what runs'],
  ] as const) {
    withCaller(approvals.command(verb).description(description).argument('<id>'), usualUrl)
      .requiredOption('--reason <text>', 'why; the caller is told')
      .action((id: string, flags: CallerFlags & { reason: string }) =>
        runCall(flags, async (caller) => {
          const { reason } = flags;
          print(await caller.call('POST', `${pathOf(id)}/${verb}`, ApprovalDetail, { reason }), flags);
        }),
      );
  }
}

interface EditFlags extends VoteFlags {
  set: string[];
  remove: string[];
  redact: string[];
  body?: string;
  approve?: boolean;
}

function registerEditing(approvals: Command): void {
  withCaller(approvals.command('edit').description('change what was asked').argument('<id>'), usualUrl)
    .option('--set <pointer=value>', 'put a value at a JSON pointer: JSON, else text; repeat', collect, [])
    .option('--remove <pointer>', 'take a value out; repeat', collect, [])
    .option('--redact <text>', 'take a text out of an answer; repeat', collect, [])
    .option('--body <file>', 'the whole new body')
    .option('--approve', 'approve the change in the same call')
    .option('--reason <text>', 'why')
    .option('--digest <hex>', 'what you saw, or its first digits: refused where it changed since')
    .action((id: string, flags: EditFlags) => runCall(flags, (caller) => edit(caller, id, flags)));
}

const read = (caller: Caller, id: string): Promise<ApprovalDetail> =>
  caller.call('GET', pathOf(id), ApprovalDetail);

async function show(caller: Caller, id: string, flags: ShowFlags): Promise<void> {
  const { reveal: reason } = flags;
  if (reason === undefined) return print(await read(caller, id), flags);
  const content = await caller.call('POST', `${pathOf(id)}/reveal`, ContentView, { reason });
  print({ ...(await read(caller, id)), content }, flags);
}

function print(detail: ApprovalDetail, { json }: CallerFlags): void {
  say(json ? jsonText(detail) : detailText(detail, Date.now()));
}

/** What the vote or edit is about: shown now, or seen before and named by digest. */
async function seen(caller: Caller, id: string, flags: VoteFlags): Promise<ApprovalDetail> {
  const detail = await read(caller, id);
  if (flags.digest !== undefined) {
    if (flags.digest.length >= 8 && detail.digest.startsWith(flags.digest.toLowerCase())) return detail;
    throw new CallError(
      'approval.outdated',
      'It is not what you saw any more (or give 8 digits or more).',
      409,
    );
  }
  if (!flags.json) print(detail, flags);
  return detail;
}

async function vote(caller: Caller, id: string, said: Vote, flags: VoteFlags): Promise<void> {
  const { digest, version, content } = await seen(caller, id, flags);
  if (said === 'approve' && content.shown === 'unavailable' && flags.digest === undefined) {
    const message = "Its content can't be shown right now. Try again, or name what you saw before: --digest.";
    throw new CallError('service.unavailable', message, 503);
  }
  const { reason } = flags;
  const breakGlass = flags.breakGlass === true;
  const body = {
    ...{ vote: said, digest, version, breakGlass, ...(reason !== undefined && { reason }) },
    ...(flags.grant !== undefined && { grant: readGrant(flags.grant) }),
  };
  const detail = await caller.call('POST', `${pathOf(id)}/votes`, ApprovalDetail, body);
  say(flags.json ? jsonText(detail) : `\nYou said ${said}. It is ${detail.state} now.`);
}

async function edit(caller: Caller, id: string, flags: EditFlags): Promise<void> {
  const { digest, version } = await seen(caller, id, flags);
  const { reason } = flags;
  const body = {
    ...{ digest, version, approve: flags.approve === true, ...(reason !== undefined && { reason }) },
    ...(await changes(flags)),
  };
  const detail = await caller.call('POST', `${pathOf(id)}/edits`, ApprovalDetail, body);
  say(flags.json ? jsonText(detail) : `\nIt is version ${detail.version} now, ${detail.state}.`);
}

async function changes(flags: EditFlags): Promise<object> {
  if (flags.body !== undefined) return { body: await readFile(flags.body, 'utf8') };
  if (flags.redact.length > 0) return { redactions: flags.redact.map((text) => ({ text })) };
  const edits: BodyEdit[] = [
    ...flags.set.map(replacement),
    ...flags.remove.map((pointer) => ({ op: 'remove' as const, pointer })),
  ];
  if (edits.length > 0) return { edits };
  throw new CallError('approval.edit_empty', 'Say what to change: --set, --remove, --redact or --body', 400);
}

function replacement(text: string): BodyEdit {
  const equals = text.indexOf('=');
  if (equals < 1) throw new CallError('approval.invalid_edit', 'Write --set /messages/0/content=text', 400);
  const [pointer, raw] = [text.slice(0, equals), text.slice(equals + 1)];
  try {
    return { op: 'replace', pointer, value: JSON.parse(raw) };
  } catch {
    return { op: 'replace', pointer, value: raw };
  }
}

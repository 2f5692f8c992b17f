import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { type PolicyChange, RevisionDetail, RevisionDiff, RevisionList, Validation } from '#contracts';
import { formatIssue } from '#rules';
import { addressOf } from '../addresses.ts';
import { type Caller, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { inWords, jsonText, say, table, unseenAsText } from '../terminal.ts';
import { refuseUse } from '../unusable.ts';
import { faultsOf, faultsText, readPolicy, readSources } from './read-policy.ts';

export const policyUrl = addressOf('policy');
const pollMs = 500;
const waiting = 'where people have to agree first: until they decided; exit code 1 where they did not agree';

interface ApplyFlags extends CallerFlags {
  message?: string;
  draft?: boolean;
  force?: boolean;
  wait?: boolean;
}

/** Adds `config diff|apply|log|show|activate|rollback`, which ask the policy service. */
export function registerRevisions(config: Command): void {
  withCaller(
    config
      .command('diff')
      .argument('<what>', 'a file or folder, or a revision such as r3')
      .argument('[with]', 'a revision to compare a revision with (default: the one in force)')
      .description('what would change against the revision in force'),
    policyUrl,
  ).action((what: string, other: string | undefined, flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const changes = isRevision(what)
        ? await diffOf(caller, what, other)
        : (await validated(caller, what, flags))?.changes;
      if (changes) say(flags.json ? jsonText(changes) : changesText(changes));
    }),
  );
  withCaller(
    config
      .command('apply')
      .argument('[path]', 'a file, or a folder whose YAML files are merged in name order', 'sallyport.yaml')
      .description('store a revision and put it into force everywhere'),
    policyUrl,
  )
    .option('-m, --message <text>', 'why; stands in the record', 'applied from the command line')
    .option('--draft', 'store it only')
    .option('--force', 'also where another revision came into force meanwhile')
    .option('--wait', waiting)
    .action((path: string, flags: ApplyFlags) => runCall(flags, (caller) => apply(caller, path, flags)));
  withCaller(
    config.command('log').description('revisions, newest first, and when each was in force'),
    policyUrl,
  ).action((flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const list = await caller.call('GET', '/v1/revisions', RevisionList);
      say(flags.json ? jsonText(list) : logText(list, Date.now()));
    }),
  );
  withCaller(
    config.command('activate').argument('<revision>').description('put a stored revision into force'),
    policyUrl,
  )
    .option('-m, --message <text>', 'why')
    .option('--wait', waiting)
    .action((revision: string, flags: ApplyFlags) =>
      runCall(flags, async (caller) => {
        const path = `/v1/revisions/${encodeURIComponent(revision)}/activate`;
        await tell(caller, await caller.call('POST', path, RevisionDetail, messageOf(flags)), flags);
      }),
    );
  withCaller(config.command('rollback').description('put the revision before into force again'), policyUrl)
    .option('-m, --message <text>', 'why')
    .option('--wait', waiting)
    .action((flags: ApplyFlags) =>
      runCall(flags, async (caller) => {
        const made = await caller.call('POST', '/v1/revisions/rollback', RevisionDetail, messageOf(flags));
        await tell(caller, made, flags);
      }),
    );
}

async function apply(caller: Caller, path: string, flags: ApplyFlags): Promise<void> {
  const validation = await validated(caller, path, flags);
  if (!validation) return;
  const { active } = await caller.call('GET', '/v1/revisions', RevisionList);
  const body = { files: await readSources(path), message: flags.message };
  const made = await caller.call('POST', '/v1/revisions', RevisionDetail, body);
  if (made.isActive) {
    say(flags.json ? jsonText(made) : `${made.revision} is in force already; nothing changed`);
    return;
  }
  if (flags.draft) {
    say(
      flags.json ? jsonText(made) : `${made.revision} is stored; sallyport config activate ${made.revision}`,
    );
    return;
  }
  if (!flags.json) say(changesText(validation.changes ?? []));
  const expected = active === null || flags.force ? {} : { expected: active };
  const activated = await caller.call(
    'POST',
    `/v1/revisions/${made.revision}/activate`,
    RevisionDetail,
    expected,
  );
  await tell(caller, activated, flags);
}

/** Checks here, then asks the service for what would change. Says what is wrong and sets exit code 2 otherwise. */
async function validated(caller: Caller, path: string, flags: CallerFlags): Promise<Validation | undefined> {
  const refuse = (text: string, details: object): undefined =>
    void refuseUse(flags, 'config.invalid', `${text}\n${path}: nothing was changed`, details);
  const read = await readPolicy(path);
  if (read.kind !== 'policy') return refuse(faultsText(read), faultsOf(read));
  const validation = await caller.call('POST', '/v1/revisions/validate', Validation, {
    files: await readSources(path),
  });
  if (validation.valid) return validation;
  const lines = validation.issues.map((issue) => formatIssue({ path: '', ...issue } as never));
  return refuse(lines.join('\n'), { issues: validation.issues });
}

async function diffOf(caller: Caller, revision: string, from: string | undefined): Promise<PolicyChange[]> {
  const query = from === undefined ? '' : `?from=${encodeURIComponent(from)}`;
  return (await caller.call('GET', `/v1/revisions/${revision}/diff${query}`, RevisionDiff)).changes;
}

const isRevision = (what: string): boolean => /^r[1-9][0-9]*$/.test(what);

const messageOf = ({ message }: ApplyFlags): object => (message === undefined ? {} : { message });

/** Says whether the revision is in force or waits for people; with `--wait`, until they decided. */
async function tell(caller: Caller, revision: RevisionDetail, flags: ApplyFlags): Promise<void> {
  let now = revision;
  if (!now.isActive && flags.wait) {
    if (!flags.json) say(standing(now));
    while (isOpen(now)) {
      await pause(pollMs);
      now = await caller.call('GET', `/v1/revisions/${now.revision}`, RevisionDetail);
    }
  }
  say(flags.json ? jsonText(now) : standing(now));
  if (!now.isActive && !isOpen(now)) process.exitCode = 1;
}

const isOpen = ({ isActive, proposals: [last] }: RevisionDetail): boolean =>
  !isActive && (last?.state === 'asking' || last?.state === 'waiting');

function standing({ revision, isActive, proposals: [last] }: RevisionDetail): string {
  if (isActive || !last) return `${revision} is in force`;
  const { approval, state, groups, expiresAt, why } = last;
  if (state === 'activated') return `${revision} came into force; another revision is in force by now`;
  if (state !== 'asking' && state !== 'waiting')
    return unseenAsText(`${revision} is not in force: ${state}${why === undefined ? '' : ` (${why})`}`);
  const until = new Date(expiresAt).toISOString().slice(0, 16);
  return `${revision} waits until ${until} for ${groups.join(', ')}: sallyport approvals show ${approval}`;
}

/** One line for each difference: `+`, `-` or `~`, where it is, and both values. */
export function changesText(changes: readonly PolicyChange[]): string {
  if (changes.length === 0) return 'no difference';
  const short = (value: unknown): string => {
    const text = JSON.stringify(value) ?? '';
    return text.length > 160 ? `${text.slice(0, 157)}…` : text;
  };
  const lines = changes.map(({ path, kind, before, after }) => {
    if (kind === 'added') return `+ ${path}  ${short(after)}`;
    if (kind === 'removed') return `- ${path}  ${short(before)}`;
    return `~ ${path}  ${short(before)} → ${short(after)}`;
  });
  return unseenAsText(lines.join('\n'));
}

function logText({ items }: RevisionList, nowMs: number): string {
  const rows = items.map((one) => [
    one.isActive ? `${one.revision} *` : one.revision,
    new Date(one.createdAt).toISOString().slice(0, 16),
    one.author?.subject ?? one.source,
    one.activations.map(({ at }) => `${inWords(nowMs - at)} ago`).join(', ') || 'never',
    one.message,
  ]);
  return table([['REVISION', 'MADE', 'BY', 'INTO FORCE', 'MESSAGE'], ...rows]);
}

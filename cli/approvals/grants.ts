import type { Command } from 'commander';
import { type GrantAsked, GrantList, GrantView } from '#contracts';
import { addressOf } from '../addresses.ts';
import { CallError, type CallerFlags, runCall, withCaller } from '../caller.ts';
import { inWords, jsonText, say, table } from '../terminal.ts';
import { nameOf } from './text.ts';

const usualUrl = addressOf('approval');
const pathOf = (id: string): string => `/v1/grants/${encodeURIComponent(id)}`;
const unitMs = { m: 60_000, h: 3_600_000 } as const;

/** What `--grant` says: `1h` or `30m`, `20` uses, `conversation`; several joined by commas. */
export function readGrant(text: string): GrantAsked {
  const asked: GrantAsked = {};
  for (const part of text.split(',').map((each) => each.trim())) {
    const time = /^([0-9]{1,4})([mh])$/.exec(part);
    if (time) asked.forMs = Number(time[1]) * unitMs[time[2] as keyof typeof unitMs];
    else if (/^[0-9]{1,4}$/.test(part)) asked.uses = Number(part);
    else if (part === 'conversation') asked.conversation = true;
    else throw new CallError('request.invalid', 'Write --grant 1h, --grant 20 or --grant conversation', 400);
  }
  return asked;
}

interface ListFlags extends CallerFlags {
  all?: boolean;
  requester?: string;
  limit: string;
  cursor?: string;
}

/** Adds `grants list|show|revoke`: approvals that cover further requests of the same shape. */
export function registerGrants(program: Command): void {
  const grants = program
    .command('grants')
    .description('approvals that cover more requests of the same shape');
  withCaller(grants.command('list').description('those in force or asked for, newest first'), usualUrl)
    .option('--all', 'those that are over as well')
    .option('--requester <subject>', 'for this person')
    .option('--limit <count>', 'at most so many', '50')
    .option('--cursor <text>', '`next` of the page before')
    .action((flags: ListFlags) =>
      runCall(flags, async (caller) => {
        const { all, requester, limit, cursor } = flags;
        const query = new URLSearchParams({
          ...{ state: all ? 'all' : 'current', limit },
          ...(requester !== undefined && { requester }),
          ...(cursor !== undefined && { cursor }),
        });
        const list = await caller.call('GET', `/v1/grants?${query}`, GrantList);
        say(flags.json ? jsonText(list) : listText(list.items, Date.now()));
        if (list.next && !flags.json) say(`more: --cursor ${list.next}`);
      }),
    );
  withCaller(grants.command('show').description('one of them').argument('<id>'), usualUrl).action(
    (id: string, flags: CallerFlags) =>
      runCall(flags, async (caller) => print(await caller.call('GET', pathOf(id), GrantView), flags)),
  );
  withCaller(grants.command('revoke').description('take one back').argument('<id>'), usualUrl)
    .requiredOption('--reason <text>', 'why')
    .action((id: string, flags: CallerFlags & { reason: string }) =>
      runCall(flags, async (caller) => {
        const { reason } = flags;
        print(await caller.call('POST', `${pathOf(id)}/revoke`, GrantView, { reason }), flags);
      }),
    );
}

function print(grant: GrantView, { json }: CallerFlags): void {
  say(json ? jsonText(grant) : grantText(grant, Date.now()));
}

const usesText = ({ used, uses }: GrantView): string => (uses === undefined ? `${used}` : `${used}/${uses}`);
const stateText = ({ state, ending }: GrantView): string => (ending ? `${state}: ${ending}` : state);

function listText(items: readonly GrantView[], now: number): string {
  if (items.length === 0) return 'No grant is in force.';
  const rows = items.map((grant) => [
    ...[grant.id, stateText(grant), grant.requester.name ?? grant.requester.subject, grant.connection],
    ...[grant.rules.join(','), usesText(grant)],
    grant.expiresAt > now && grant.state !== 'ended' ? inWords(grant.expiresAt - now) : '-',
    grant.authors.map(({ name, subject }) => name ?? subject).join(', '),
  ]);
  return table([['ID', 'STATE', 'FOR', 'CONNECTION', 'RULES', 'USED', 'LEFT', 'BY'], ...rows]);
}

/** Everything about one grant. */
export function grantText(grant: GrantView, now: number): string {
  return table([
    ['grant', grant.id],
    ['state', stateText(grant)],
    ['for', nameOf(grant.requester)],
    ['by', grant.authors.map(nameOf).join(', ')],
    ['asks', `${grant.model ?? '?'} on ${grant.connection}`],
    ['rules', grant.rules.join(', ')],
    ['shape', grant.template],
    ...(grant.conversation === undefined ? [] : [['only in', `conversation ${grant.conversation}`]]),
    ['given with', grant.approvalId],
    ['used', usesText(grant)],
    ['until', `${new Date(grant.expiresAt).toISOString()} (${inWords(grant.expiresAt - now)})`],
    ...(grant.endedBy ? [['ended by', nameOf(grant.endedBy)]] : []),
  ]);
}

import type { Command } from 'commander';
import { GatewayKeyCreated, GatewayKeyList, GatewayKeyView } from '#contracts';
import { type CallerFlags, runCall, withCaller } from './caller.ts';
import { policyUrl } from './policy/config-revisions.ts';
import { jsonText, say, table, unseenAsText } from './terminal.ts';

const listOf = (text: string): string[] => text.split(',').filter(Boolean);
const day = (ms: number): string => new Date(ms).toISOString();

interface CreateFlags extends CallerFlags {
  connections: string;
  subject?: string;
  of?: string;
  groups?: string;
  life?: string;
}

/** Adds `keys`: static keys for clients that can't get a token. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('static keys for clients that can not get a token');
  withCaller(keys.command('create').argument('<name>', 'what it is for'), policyUrl)
    .description('make a key; it is shown once')
    .requiredOption('--connections <names>', 'the only connections it reaches, with commas between')
    .option('--subject <subject>', 'the OIDC subject of its owner; by default you')
    .option('--of <issuer>', "the owner's issuer, where several are configured")
    .option('--groups <names>', 'groups of its requests; by default yours, for somebody else none')
    .option('--life <duration>', 'such as 24h or 90d')
    .action((name: string, flags: CreateFlags) => runCall(flags, (caller) => create(caller, name, flags)));
  withCaller(keys.command('list').description('the keys that still work'), policyUrl).action(
    (flags: CallerFlags) =>
      runCall(flags, async (caller) => {
        const list = await caller.call('GET', '/v1/keys', GatewayKeyList);
        const rows = list.items.map(({ id, name, subject, connections, expiresAt }) => [
          ...[id, unseenAsText(name), unseenAsText(subject), connections.join(','), day(expiresAt)],
        ]);
        const text =
          rows.length === 0 ? 'none' : table([['KEY', 'NAME', 'OWNER', 'CONNECTIONS', 'EXPIRES'], ...rows]);
        say(flags.json ? jsonText(list) : text);
      }),
  );
  withCaller(keys.command('revoke').argument('<key>', 'its id'), policyUrl)
    .description('refuse a key from now on, everywhere')
    .action((id: string, flags: CallerFlags) =>
      runCall(flags, async (caller) => {
        const path = `/v1/keys/${encodeURIComponent(id)}/revoke`;
        const view = await caller.call('POST', path, GatewayKeyView, {});
        say(flags.json ? jsonText(view) : `${view.id} revoked`);
      }),
    );
}

type Work = Parameters<typeof runCall>[1];

async function create(caller: Parameters<Work>[0], name: string, flags: CreateFlags): Promise<void> {
  const { subject, of: issuer, groups, life } = flags;
  const made = await caller.call('POST', '/v1/keys', GatewayKeyCreated, {
    name,
    connections: listOf(flags.connections),
    ...(subject !== undefined && { subject }),
    ...(issuer !== undefined && { issuer }),
    ...(groups !== undefined && { groups: listOf(groups) }),
    ...(life !== undefined && { life }),
  });
  if (flags.json) return say(jsonText(made));
  say(`${made.key}\n${made.id} for ${unseenAsText(made.subject)}, good until ${day(made.expiresAt)}.`);
  say('It is not shown again.');
}

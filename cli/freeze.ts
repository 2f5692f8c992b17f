import { type Command, Option } from 'commander';
import { FreezeList, FreezeView } from '#contracts';
import { type CallerFlags, runCall, withCaller } from './caller.ts';
import { policyUrl } from './policy/config-revisions.ts';
import { jsonText, say, table } from './terminal.ts';

const targets = ['user', 'group', 'connection', 'all'] as const;

interface FreezeFlags extends CallerFlags {
  reason: string;
}

/** Adds `freeze`, `unfreeze` and `frozen`: the emergency stop. */
export function registerFreeze(program: Command): void {
  const verbs = [
    [
      'freeze',
      '/v1/freezes',
      'refuse new requests and end running calls; parked requests stay parked',
      'frozen',
    ],
    ['unfreeze', '/v1/freezes/release', 'let requests through again; needs another person', 'released'],
  ] as const;
  for (const [verb, path, description, done] of verbs) {
    withCaller(
      program
        .command(verb)
        .argument('<target>', targets.join(', '))
        .argument('[name]', 'an OIDC subject, a group or a connection', '')
        .description(description),
      policyUrl,
    )
      .requiredOption('--reason <text>', 'why; stands in the record')
      .addOption(new Option('--of <issuer>', "the user's issuer, where several are configured"))
      .action((target: string, name: string, flags: FreezeFlags & { of?: string }) =>
        runCall(flags, async (caller) => {
          const { reason, of: issuer } = flags;
          const body = { target, name, reason, ...(issuer !== undefined && { issuer }) };
          const view = await caller.call('POST', path, FreezeView, body);
          say(flags.json ? jsonText(view) : [target, name, done].filter(Boolean).join(' '));
        }),
      );
  }
  withCaller(program.command('frozen').description('what is frozen'), policyUrl).action(
    (flags: CallerFlags) =>
      runCall(flags, async (caller) => {
        const list = await caller.call('GET', '/v1/freezes', FreezeList);
        const rows = list.items.map(({ target, value, name, at }) => [
          target,
          name ?? (value || '-'),
          new Date(at).toISOString(),
        ]);
        const text = rows.length === 0 ? 'nothing' : table([['TARGET', 'WHO OR WHAT', 'SINCE'], ...rows]);
        say(flags.json ? jsonText(list) : text);
      }),
  );
}

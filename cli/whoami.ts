import type { Command } from 'commander';
import { Whoami } from '#contracts';
import { addressOf } from './addresses.ts';
import { type CallerFlags, runCall, withCaller } from './caller.ts';
import { jsonText, say } from './terminal.ts';

const usualUrl = addressOf('ingress');

/** Adds `whoami`: who the gateway takes you for. */
export function registerWhoami(program: Command): void {
  const command = program.command('whoami').description('who the gateway takes you for: groups and roles');
  withCaller(command, usualUrl).action((flags: CallerFlags) =>
    runCall(flags, async (caller) => {
      const me = await caller.call('GET', '/v1/whoami', Whoami);
      say(flags.json ? jsonText(me) : textOf(me));
    }),
  );
}

function textOf({ name, subject, issuer, kind, groups, roles, client }: Whoami): string {
  const list = (values: readonly string[]) => (values.length === 0 ? 'none' : values.join(', '));
  return [
    `${name ?? subject} (${kind}${client === undefined ? '' : `, through ${client}`})`,
    `subject  ${subject}`,
    `issuer   ${issuer}`,
    `groups   ${list(groups)}`,
    `roles    ${list(roles)}`,
  ].join('\n');
}

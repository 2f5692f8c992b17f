import { resolve } from 'node:path';
import type { Command } from 'commander';
import { StartProblem } from '#embedded';
import { addressOf } from '../addresses.ts';
import { jsonText, unseenAsText } from '../terminal.ts';
import { type DevicePrompt, logInByDevice, logInService, revoke } from './provider.ts';
import { forgetSession, readSession, sessionFile, writeSession } from './session.ts';

interface Flags {
  issuer: string;
  clientId: string;
  clientSecretFile?: string;
  scope?: string;
  idToken?: boolean;
  json?: boolean;
}

const say = (text: string): void => {
  process.stdout.write(`${unseenAsText(text)}\n`);
};

/** Adds `login` and `logout`. */
export function registerLogin(program: Command): void {
  program
    .command('login')
    .description('log in at your identity provider; the other commands then act as you')
    .option('--issuer <url>', 'the provider', addressOf('identity'))
    .option('--client-id <id>', 'this program there', process.env.SALLYPORT_CLIENT_ID ?? 'sallyport-cli')
    .option('--client-secret-file <path>', 'log in as a service account, by client credentials')
    .option(
      '--scope <scope>',
      'what to ask for (default: openid offline_access, and what is known of groups)',
    )
    .option('--id-token', 'send ID tokens, where access tokens are not for the gateway')
    .option('--json', 'print what to do as JSON')
    .action(async (flags: Flags) => {
      await writeSession(
        flags.clientSecretFile === undefined ? await asPerson(flags) : await asService(flags),
      );
      say(flags.json ? jsonText({ session: sessionFile() }) : `Logged in. Kept in ${sessionFile()}`);
    });
  program
    .command('logout')
    .description('forget the login, here and at the provider')
    .action(async () => {
      const session = await readSession();
      await forgetSession();
      const told = session
        ? await revoke(session).then(
            () => true,
            () => false,
          )
        : true;
      say(told ? 'Logged out.' : 'Logged out here; the provider could not be told.');
    });
}

async function asPerson(flags: Flags) {
  const { issuer, clientId, scope, idToken } = flags;
  const show = ({ url, code }: DevicePrompt): void => {
    say(flags.json ? jsonText({ url, code }) : `Open ${url}\nand confirm the code ${code}`);
  };
  const over = new AbortController();
  const stop = (): void =>
    over.abort(new StartProblem('embedded.not_permitted', 'Not logged in', 'try again'));
  process.once('SIGINT', stop);
  try {
    const sends = idToken ? 'id' : 'access';
    return await logInByDevice(
      { issuer, clientId, sends, ...(scope !== undefined && { scope }) },
      show,
      over.signal,
    );
  } finally {
    process.off('SIGINT', stop);
  }
}

function asService({ issuer, clientId, clientSecretFile = '', scope }: Flags) {
  const secretFile = resolve(clientSecretFile);
  return logInService({ issuer, clientId, secretFile, ...(scope !== undefined && { scope }) });
}

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { packageRoot, requestLocalToken, StartProblem } from '#embedded';
import { addressOf } from './addresses.ts';
import { currentToken } from './login/current-token.ts';
import type { Session } from './login/session.ts';
import { keepFresh } from './login/watch.ts';

interface Flags {
  user?: string;
  issuer: string;
  stateDir?: string;
  watch?: string;
  json?: boolean;
}

/** Adds `token`: who is logged in, or with `--user` one of the examples' people; `--watch FILE` keeps a file fresh. */
export function registerToken(program: Command): void {
  program
    .command('token')
    .description('print a fresh access token of who is logged in')
    .option('--user <name>', "one of the examples' people instead: alice, bob, carol, dave or erin")
    .option('--watch <file>', 'keep this file fresh instead of printing')
    .option('--issuer <url>', 'the embedded identity provider, for --user', addressOf('identity'))
    .option('--state-dir <dir>', 'where the running start keeps its state', process.env.SALLYPORT_STATE_DIR)
    .option('--json', 'print token and life as JSON')
    .action(async (flags: Flags) => {
      const get = () => (flags.user === undefined ? tokenOfLogin() : tokenOfUser(flags, flags.user));
      if (flags.watch !== undefined) return watch(flags.watch, get);
      const { token, expiresAtMs } = await get();
      const expiresInSeconds = Math.round((expiresAtMs - Date.now()) / 1000);
      const json = { accessToken: token, expiresInSeconds };
      process.stdout.write(`${flags.json === true ? JSON.stringify(json) : token}\n`);
    });
}

async function watch(file: string, get: () => Promise<Session['current']>): Promise<void> {
  const over = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => over.abort());
  await keepFresh(resolve(file), get, over.signal, (line) => process.stderr.write(`${line}\n`));
}

async function tokenOfLogin(): Promise<Session['current']> {
  const token = await currentToken();
  if (token) return token;
  throw new StartProblem('embedded.not_permitted', 'Nobody is logged in', 'sallyport login, or --user NAME');
}

async function tokenOfUser({ issuer, stateDir }: Flags, user: string): Promise<Session['current']> {
  const dir = resolve(stateDir ?? join(packageRoot(), '.sallyport'));
  const { accessToken, expiresInSeconds } = await requestLocalToken(issuer, join(dir, 'identity'), user);
  const now = Date.now();
  return { token: accessToken, issuedAtMs: now, expiresAtMs: now + expiresInSeconds * 1000 };
}

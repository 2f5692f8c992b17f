import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { packageRoot, requestLocalToken } from '#embedded';
import { addressOf } from './addresses.ts';

interface Flags {
  user: string;
  issuer: string;
  stateDir?: string;
  json?: boolean;
}

/** Adds `token --user NAME`: an access token of the embedded identity provider, for trying things out. */
export function registerToken(program: Command): void {
  program
    .command('token')
    .description("print an access token of one of the examples' people")
    .requiredOption('--user <name>', 'alice, bob, carol, dave or erin')
    .option('--issuer <url>', 'the embedded identity provider', addressOf('identity'))
    .option('--state-dir <dir>', 'where the running start keeps its state', process.env.SALLYPORT_STATE_DIR)
    .option('--json', 'print token and life as JSON')
    .action(async (flags: Flags) => {
      const stateDir = resolve(flags.stateDir ?? join(packageRoot(), '.sallyport'));
      const token = await requestLocalToken(flags.issuer, join(stateDir, 'identity'), flags.user);
      process.stdout.write(`${flags.json === true ? JSON.stringify(token) : token.accessToken}\n`);
    });
}

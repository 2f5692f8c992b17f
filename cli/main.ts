import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Help } from 'commander';
import { packageRoot, StartProblem } from '#embedded';
import { errorJson } from './unusable.ts';

type Register = (program: Command) => void;

/** Every verb, in the order in which help lists them. Only what a command line needs is loaded: it is there in half the time. */
const verbs: readonly { names: readonly string[]; load: () => Promise<Register> }[] = [
  { names: ['start'], load: async () => (await import('./start/start.ts')).registerStart },
  { names: ['login', 'logout'], load: async () => (await import('./login/login.ts')).registerLogin },
  { names: ['token'], load: async () => (await import('./token.ts')).registerToken },
  { names: ['whoami'], load: async () => (await import('./whoami.ts')).registerWhoami },
  { names: ['approvals'], load: async () => (await import('./approvals/approvals.ts')).registerApprovals },
  { names: ['grants'], load: async () => (await import('./approvals/grants.ts')).registerGrants },
  { names: ['reviews'], load: async () => (await import('./approvals/reviews.ts')).registerReviews },
  {
    names: ['notifications'],
    load: async () => (await import('./approvals/notifications.ts')).registerNotifications,
  },
  { names: ['doctor'], load: async () => (await import('./doctor/index.ts')).registerDoctor },
  { names: ['mask'], load: async () => (await import('./mask.ts')).registerMask },
  { names: ['config'], load: async () => (await import('./policy/config.ts')).registerConfig },
  { names: ['freeze', 'unfreeze', 'frozen'], load: async () => (await import('./freeze.ts')).registerFreeze },
  { names: ['keys'], load: async () => (await import('./keys.ts')).registerKeys },
  {
    names: ['connections'],
    load: async () => (await import('./connections/connections.ts')).registerConnections,
  },
  { names: ['policy'], load: async () => (await import('./policy/policy.ts')).registerPolicy },
  { names: ['audit'], load: async () => (await import('./audit/audit.ts')).registerAudit },
  { names: ['dead-letters'], load: async () => (await import('./dead-letters.ts')).registerDeadLetters },
];

/** What a command line that is wrong ends with; 1 is for what was refused or failed. */
const wrongUse = 2;

const plainHelp = new Help();

/** What an option or argument is by default goes without saying where that is nothing. */
function withoutNothing(description: string): string {
  return description.replace(/ ?\(default: (\[\]|"")\)$/, '');
}

function versionHere(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The command `sallyport` with the verb that is asked for, or with every verb where that is none of them. */
export async function createProgram(verb?: string, asJson = false): Promise<Command> {
  const program = new Command('sallyport')
    .description('A gateway in front of self-hosted models, where people approve what rules hold back')
    .version(versionHere(), '-V, --version', 'the version of this program')
    .showHelpAfterError('(add --help for the options)')
    .configureHelp({
      optionDescription: (option) => withoutNothing(plainHelp.optionDescription(option)),
      argumentDescription: (argument) => withoutNothing(plainHelp.argumentDescription(argument)),
    })
    .exitOverride();
  // What a command is given by its parent it gets when it is made. `main` says what is wrong.
  if (asJson) program.configureOutput({ writeErr: () => undefined });
  const asked = verbs.filter(({ names }) => verb !== undefined && names.includes(verb));
  for (const { load } of asked.length > 0 ? asked : verbs) (await load())(program);
  return program;
}

/**
 * Runs one command line. Known problems end it with one line on standard error. Exit code 0: done; 1: refused or failed;
 * 2: the command line is wrong.
 */
export async function main(argv: readonly string[]): Promise<void> {
  // Whoever reads our output may have seen enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const asJson = argv.includes('--json');
  try {
    const program = await createProgram(argv[2], asJson);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : wrongUse;
      if (asJson && process.exitCode === wrongUse) sayAsJson('usage', error.message.replace(/^error: /, ''));
      return;
    }
    const line = error instanceof StartProblem ? error.line() : refusalOfSystem(error);
    if (line === undefined) throw error;
    if (asJson) sayAsJson(error instanceof StartProblem ? error.code : 'system', (error as Error).message);
    else process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}

/** An error in the one shape of every error. */
function sayAsJson(code: string, message: string): void {
  process.stderr.write(`${errorJson(code, message)}\n`);
}

/** What the operating system refused (a file, a folder, an address), in its own words; undefined for anything else. */
function refusalOfSystem(error: unknown): string | undefined {
  const { syscall, message } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : message;
}

import { Command } from 'commander';
import { StartProblem } from '#embedded';
import { registerApprovals } from './approvals/approvals.ts';
import { registerGrants } from './approvals/grants.ts';
import { registerNotifications } from './approvals/notifications.ts';
import { registerReviews } from './approvals/reviews.ts';
import { registerAudit } from './audit/audit.ts';
import { registerConnections } from './connections/connections.ts';
import { registerDeadLetters } from './dead-letters.ts';
import { registerDoctor } from './doctor/index.ts';
import { registerFreeze } from './freeze.ts';
import { registerKeys } from './keys.ts';
import { registerLogin } from './login/login.ts';
import { registerMask } from './mask.ts';
import { registerConfig } from './policy/config.ts';
import { registerPolicy } from './policy/policy.ts';
import { registerStart } from './start/start.ts';
import { registerToken } from './token.ts';
import { registerWhoami } from './whoami.ts';

/** The command `sallyport` with every verb. */
export function createProgram(): Command {
  const program = new Command('sallyport')
    .description('A gateway in front of self-hosted models, where people approve what rules hold back')
    .showHelpAfterError('(add --help for the options)');
  registerStart(program);
  registerLogin(program);
  registerToken(program);
  registerWhoami(program);
  registerApprovals(program);
  registerGrants(program);
  registerReviews(program);
  registerNotifications(program);
  registerDoctor(program);
  registerMask(program);
  registerConfig(program);
  registerFreeze(program);
  registerKeys(program);
  registerConnections(program);
  registerPolicy(program);
  registerAudit(program);
  registerDeadLetters(program);
  return program;
}

/** Runs one command line. Known problems end it with one line on stderr and exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    process.stderr.write(`${error.line()}\n`);
    process.exitCode = 1;
  }
}

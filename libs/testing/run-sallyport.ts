import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sallyportArguments } from './program.ts';
import type { World } from './world.ts';

const run = promisify(execFile);

/** How a command ended. */
export interface CommandRun {
  code: number;
  out: string;
  error: string;
}

/** Runs `sallyport …` against a world's services in a process of its own, as a person. */
export function runSallyport(world: World, user: string, ...args: string[]): Promise<CommandRun> {
  const env = {
    ...process.env,
    SALLYPORT_POLICY_URL: world.urlOf('policy'),
    SALLYPORT_APPROVAL_URL: world.urlOf('approval'),
    SALLYPORT_AUDIT_URL: world.urlOf('audit'),
    SALLYPORT_ISSUER: world.idp.issuer,
    SALLYPORT_STATE_DIR: world.dir,
  };
  return run(process.execPath, sallyportArguments(...args, '--as', user), { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      ...{ code, out: stdout, error: stderr },
    }),
  );
}

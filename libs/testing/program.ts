import { join } from 'node:path';
import {
  packageRoot,
  programArguments,
  type RunningProcess,
  serviceNodeOptions,
  startProcess,
  untilReady,
} from '#embedded';

export interface ProgramOptions {
  readonly name: string;
  /** From the package's root, e.g. `services/ingress/main`. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Answers 200 when the program is ready. */
  readonly readyUrl: string;
  readonly timeoutMs?: number;
}

/** Runs one of our programs in a process of its own, and waits until it is ready. */
export async function startProgram(options: ProgramOptions): Promise<RunningProcess> {
  const child = await startProcess({
    name: options.name,
    command: process.execPath,
    args: [...serviceNodeOptions, ...programArguments(options.program)],
    env: options.env,
    cwd: packageRoot(),
    logFile: options.logFile,
  });
  await untilReady(child, () => answersOk(options.readyUrl), options.timeoutMs ?? 60_000);
  return child;
}

/** The arguments that make Node run `sallyport` with these of its own. */
export function sallyportArguments(...args: readonly string[]): string[] {
  const line = programArguments('cli/main');
  const main = `import { main } from '${line.at(-1)}'; await main(process.argv);`;
  return [...line.slice(0, -1), '--input-type=module', '-e', main, '--', 'sallyport', ...args];
}

/** The arguments that make Node run a script of the tests, which is never built. */
export function scriptArguments(script: string): string[] {
  return ['--import', join(packageRoot(), 'libs/testing/source-loader.mjs'), join(packageRoot(), script)];
}

function answersOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

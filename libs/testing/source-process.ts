import { join } from 'node:path';
import { packageRoot, type RunningProcess, serviceNodeOptions, startProcess, untilReady } from '#embedded';

export interface SourceProcessOptions {
  readonly name: string;
  /** From the package's root, e.g. `services/ingress/main.ts`. */
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Answers 200 when the program is ready. */
  readonly readyUrl: string;
  readonly timeoutMs?: number;
}

/** Runs one of our programs from its sources in a process of its own, and waits until it is ready. */
export async function startFromSource(options: SourceProcessOptions): Promise<RunningProcess> {
  const root = packageRoot();
  const child = await startProcess({
    name: options.name,
    command: process.execPath,
    args: [
      ...serviceNodeOptions,
      '--import',
      join(root, 'libs/testing/source-loader.mjs'),
      join(root, options.main),
    ],
    env: options.env,
    cwd: root,
    logFile: options.logFile,
  });
  await untilReady(child, () => answersOk(options.readyUrl), options.timeoutMs ?? 60_000);
  return child;
}

function answersOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

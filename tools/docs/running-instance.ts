import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot, startProcess, untilReady } from '#embedded';

const ingress = 'http://127.0.0.1:8080/readyz';
const startLimitMs = 300_000;
const stopLimitMs = 30_000;

async function answers(): Promise<boolean> {
  return fetch(ingress, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/**
 * Runs work beside the instance that `npm start` runs in this folder: the one that is there, or one that is started for
 * the work and stopped after it. Throws `StartProblem` where it doesn't come up.
 */
export async function besideRunningInstance<T>(work: () => Promise<T>): Promise<T> {
  if (await answers()) return work();
  console.log('nothing runs here yet: starting (npm start)');
  const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-docs-'));
  const child = await startProcess({
    name: 'npm start',
    command: process.execPath,
    args: [path.join(packageRoot(), 'bin', 'bootstrap.mjs'), 'start'],
    cwd: packageRoot(),
    env: process.env,
    logFile: path.join(dir, 'start.log'),
  });
  try {
    await untilReady(child, answers, startLimitMs);
    return await work();
  } finally {
    await child.stop(stopLimitMs);
    await rm(dir, { recursive: true, force: true });
  }
}

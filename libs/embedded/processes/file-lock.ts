import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';

const STALE_MS = 20_000;
const BEAT_MS = 4_000;
const POLL_MS = 50;

/**
 * Runs `work` while holding a lock that other processes on this machine respect: a directory, made by one
 * only, kept fresh by its holder, taken over when its holder has died.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const held = await stat(path).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > STALE_MS) {
    await rm(path, { recursive: true, force: true });
  }
  return false;
}

import { setTimeout as pause } from 'node:timers/promises';
import { StartProblem } from '#embedded';
import { renewAtMs } from './current-token.ts';
import { writePrivately } from './private-file.ts';
import { LoginRefusedError } from './provider.ts';
import type { Session } from './session.ts';

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * Keeps a file's token fresh until the signal: written whole, readable by its owner only. An outage is waited out; where
 * the provider wants a new login it throws, and the file stays as it is.
 */
export async function keepFresh(
  file: string,
  get: () => Promise<Session['current']>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      const token = await get();
      await writePrivately(file, token.token);
      say(`fresh until ${new Date(token.expiresAtMs).toISOString()}`);
      pauseMs = firstPauseMs;
      await waitUntil(Math.max(renewAtMs(token), Date.now() + firstPauseMs), signal);
    } catch (error) {
      if (!(error instanceof StartProblem) || error instanceof LoginRefusedError) throw error;
      say(error.line());
      await waitUntil(Date.now() + pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

/** In steps, so that a machine that slept finds out soon. */
async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < atMs) {
    const stepMs = Math.min(atMs - Date.now(), 30_000);
    await pause(Math.max(stepMs, 1), undefined, { signal }).catch(() => undefined);
  }
}

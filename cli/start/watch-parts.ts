import { join } from 'node:path';
import type { ServiceName } from '#contracts';
import { type RunningProcess, reasonIn } from '#embedded';
import type { StartContext } from './parts.ts';

/** A service that fails more often than this in a row of failures less than a minute apart has to be looked at. */
const mostFailures = 3;
const calmMs = 60_000;

/**
 * Says why a part ended while the rest runs. A service that failed is started again with `startAgain`; for one that
 * somebody ended by a signal, and for a part that others can't do without, there is the line that brings it back.
 * @returns what ends the watch
 */
export function watchParts(
  { options, progress, running }: Pick<StartContext, 'options' | 'progress' | 'running'>,
  startAgain: (service: ServiceName) => Promise<RunningProcess>,
): () => void {
  let stopping = false;
  const tell = async (child: RunningProcess, remedy: string) => {
    const { code, signal } = await child.exited;
    // What a program wrote before somebody killed it is no reason.
    const reason = signal ?? `code ${code}: ${await reasonIn(child.logFile)}`;
    if (!stopping) progress.tell({ event: 'stopped', part: child.name, text: `${reason} → ${remedy}` });
  };
  const keep = async (service: RunningProcess) => {
    let child = service;
    let failures = 0;
    const byHand = `npx sallyport start --only ${service.name}`;
    for (;;) {
      const began = performance.now();
      const { code, signal } = await child.exited;
      failures = performance.now() - began > calmMs ? 1 : failures + 1;
      const isOver = signal !== null || code === 0 || failures > mostFailures;
      await tell(child, isOver ? byHand : 'it is started again');
      if (isOver || stopping) return;
      running.services.splice(running.services.indexOf(child), 1);
      const next = await startAgain(service.name as ServiceName).catch(() => undefined);
      if (next === undefined) return stopping ? undefined : tell(child, byHand);
      child = next;
    }
  };
  for (const child of [...running.services]) void keep(child);
  for (const child of [...running.programs, ...running.stores]) {
    void tell(child, `read ${join(options.stateDir, 'logs')}, then stop with Ctrl-C and start again`);
  }
  return () => {
    stopping = true;
  };
}

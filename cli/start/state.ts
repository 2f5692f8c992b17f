import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningProcess, StartProblem } from '#embedded';

interface Recorded {
  readonly pid: number;
  /** When the process began, as `ps` tells it: a pid alone may be somebody else's by now. */
  readonly began: string;
}

interface Record {
  readonly main: Recorded;
  readonly children: readonly (Recorded & { readonly name: string })[];
}

const FILE = 'processes.json';
const KEPT_AT_RESET = new Set(['runtime']);

/** Remembers what this start started, so that the next one can tidy up after a start that was killed. */
export async function recordProcesses(stateDir: string, children: readonly RunningProcess[]): Promise<void> {
  const record: Record = {
    main: { pid: process.pid, began: beganAt(process.pid) ?? '' },
    children: children.map(({ name, pid }) => ({ name, pid, began: beganAt(pid) ?? '' })),
  };
  await writeFile(join(stateDir, FILE), JSON.stringify(record));
}

export async function forgetProcesses(stateDir: string): Promise<void> {
  await rm(join(stateDir, FILE), { force: true });
}

/**
 * Stops exactly what an earlier start of this state directory left running.
 * @returns how many processes were stopped
 * @throws StartProblem when that start is still alive.
 */
export async function stopLeftovers(stateDir: string): Promise<number> {
  const text = await readFile(join(stateDir, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return 0;
  const { main, children } = JSON.parse(text) as Record;
  if (main.pid !== process.pid && isSame(main)) {
    throw new StartProblem(
      'embedded.port_busy',
      `Sallyport already runs here (process ${main.pid})`,
      'stop it with Ctrl-C, or use another --state-dir and other ports',
    );
  }
  const alive = children.filter(isSame);
  for (const { pid } of alive) signal(pid, 'SIGTERM');
  const end = performance.now() + 10_000;
  while (alive.some(isSame) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (const entry of alive.filter(isSame)) signal(entry.pid, 'SIGKILL');
  await forgetProcesses(stateDir);
  return alive.length;
}

/** Removes all state but the fetched programs. */
export async function resetState(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  for (const name of await readdir(stateDir)) {
    if (!KEPT_AT_RESET.has(name)) await rm(join(stateDir, name), { recursive: true, force: true });
  }
}

function isSame({ pid, began }: Recorded): boolean {
  return began !== '' && beganAt(pid) === began;
}

function beganAt(pid: number): string | undefined {
  try {
    const shown = execFileSync('ps', ['-o', 'lstart=,state=', '-p', String(pid)], {
      encoding: 'utf8',
    }).trim();
    return shown === '' || shown.endsWith('Z') ? undefined : shown.replace(/\s+\S+$/, '');
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

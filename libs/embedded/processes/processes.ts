import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { StartProblem } from '../problem.ts';
import { openLog, reasonIn, watchLog } from './process-log.ts';

const GRACE_MS = 10_000;

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Everything written to stdout and stderr goes here; rotated at 16 MiB on start, cut at 64 MiB. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that asks for an orderly end (default SIGTERM). */
  readonly stopSignal?: NodeJS.Signals;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves once, when the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Asks the whole process group to end, kills it after `graceMs`; safe to call twice. */
  stop(graceMs?: number): Promise<void>;
  /** Ends the whole process group at once, without asking. */
  kill(): Promise<void>;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Starts a program in a process group of its own, so that exactly it and its children can be stopped.
 * @throws StartProblem `embedded.tool_missing` when the program can't be run at all.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const log = openLog(options.logFile);
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(log);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await spawned(child, options);
  const pid = child.pid as number;
  const timer = watchLog(options.logFile);
  void exited.then(() => clearInterval(timer));
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    exited,
    stop: (graceMs = GRACE_MS) => stopGroup(pid, exited, options.stopSignal ?? 'SIGTERM', graceMs),
    kill: () => stopGroup(pid, exited, 'SIGKILL', 0),
  };
}

function spawned(child: ChildProcess, options: ProcessOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new StartProblem(
          'embedded.tool_missing',
          `${options.name} can't be started: ${options.command}: ${cause.message}`,
          'check that the file exists and may be executed',
          { cause },
        ),
      ),
    );
  });
}

async function stopGroup(
  pid: number,
  exited: Promise<ProcessExit>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  signalGroup(pid, signal);
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
  signalGroup(pid, 'SIGKILL');
}

/**
 * Waits until `probe` answers true, while the process lives.
 * @throws StartProblem `embedded.exited` or `embedded.not_ready`, with the log's last line.
 */
export async function untilReady(
  child: RunningProcess,
  probe: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  const end = performance.now() + timeoutMs;
  while (!(await probe())) {
    const ended = gone;
    if (ended || performance.now() > end) {
      const last = await reasonIn(child.logFile);
      if (!ended) await child.kill();
      throw new StartProblem(
        ended ? 'embedded.exited' : 'embedded.not_ready',
        ended
          ? `${child.name} stopped at start: ${last}`
          : `${child.name} isn't ready after ${timeoutMs} ms: ${last}`,
        `read ${child.logFile}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

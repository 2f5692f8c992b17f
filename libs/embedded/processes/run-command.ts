import { execFile } from 'node:child_process';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs a short program to its end. A program that isn't there answers code 127; one that hangs, 124. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { timeoutMs = 60_000, ...rest } = options;
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { ...rest, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: exitCode(error), stdout, stderr: stderr || (error?.message ?? '') }),
    );
  });
}

function exitCode(error: (Error & { code?: unknown; killed?: boolean }) | null): number {
  if (error === null) return 0;
  if (error.code === 'ENOENT' || error.code === 'EACCES') return 127;
  if (error.killed === true) return 124;
  return typeof error.code === 'number' ? error.code : 1;
}

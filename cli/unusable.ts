import { unseenAsText } from './terminal.ts';

/** The exit code of a command that was given what it can't work with; nothing was done. */
export const unusable = 2;

/** An error as `--json` prints it, in the shape of every error. */
export function errorJson(code: string, message: string, details: object = {}): string {
  return JSON.stringify({ error: { code, message, ...details } });
}

/** Says on standard error what can't be worked with, and sets the exit code. */
export function refuseUse(flags: { json?: boolean }, code: string, message: string, details?: object): void {
  process.stderr.write(`${flags.json ? errorJson(code, message, details) : unseenAsText(message)}\n`);
  process.exitCode = unusable;
}

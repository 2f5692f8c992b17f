import { runCommand } from '../processes/run-command.ts';

/** 2.9 lacks several filters per consumer, stream metadata and the key `sync_interval`. */
export const FLOOR = [2, 10] as const;

/** The version a nats-server reports, or undefined when the file can't be run. */
export async function natsVersion(path: string): Promise<string | undefined> {
  const { code, stdout } = await runCommand(path, ['--version'], { timeoutMs: 10_000 });
  return code === 0 ? /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

/** True when this version has everything Sallyport asks of the broker. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

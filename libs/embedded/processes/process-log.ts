import { mkdirSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

const ROTATE_AT_BYTES = 16 * 1024 * 1024;
const LOG_CHECK_MS = 30_000;
const LOG_LIMIT_BYTES = 64 * 1024 * 1024;
const TAIL_BYTES = 8192;

/** Opens a log to append to; a large one from before is put aside as `.1`. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > ROTATE_AT_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** Cuts the log when it grows beyond 64 MiB while its program runs. */
export function watchLog(path: string): NodeJS.Timeout {
  const timer = setInterval(() => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_LIMIT_BYTES) truncateSync(path, 0);
  }, LOG_CHECK_MS);
  return timer.unref();
}

/** The line of a log's end that says most about why its program ended: the last one that names an error. */
export async function reasonIn(path: string): Promise<string> {
  const lines = (await tail(path)).filter((line) => !/^\s+at |^Node\.js v|^\s*[{}]?\s*$/.test(line));
  const telling = lines.findLast((line) =>
    /error|fatal|refused|denied|cannot|not found|"level":(50|60)/i.test(line),
  );
  return messageOf(telling ?? lines.at(-1) ?? 'it wrote nothing');
}

/** The text of a JSON log line; other lines as they are. */
function messageOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter((text) => text !== undefined).join(': ') || line;
  } catch {
    return line.trim();
  }
}

async function tail(path: string): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n');
  } finally {
    await file.close();
  }
}

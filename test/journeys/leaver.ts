import { connect, type Socket } from 'node:net';

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A request as it stands on the wire. */
export function wireOf(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): string {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const all = Object.entries({ host: 'localhost', ...headers, ...length });
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

/** When a caller leaves. */
const moments = ['before the end', 'at once', 'once a byte came', 'by and by', 'half'] as const;

/** Sends a request, or a part of it, and leaves at a random moment in a random way. */
export async function sendAndLeave(port: number, text: string, random: () => number): Promise<void> {
  const moment = moments[Math.floor(random() * moments.length)];
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('close', () => resolve(false));
  });
  if (!isConnected) return;
  const end = moment === 'before the end' ? Math.floor(random() * text.length) : text.length;
  socket.write(text.slice(0, end), 'latin1');
  if (moment === 'half') socket.end();
  if (moment === 'once a byte came' || moment === 'half') await byteOf(socket, 50 + random() * 300);
  else if (moment !== 'at once') await byteOf(socket, random() * 30, false);
  if (random() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}

/** Waits so long for a byte or the end, or only so long. */
function byteOf(socket: Socket, ms: number, orByte = true): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const over = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.once('close', over);
    if (orByte) socket.once('data', over);
    else socket.resume();
  });
}

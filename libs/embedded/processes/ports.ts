import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { StartProblem } from '../problem.ts';

const HOST = '127.0.0.1';

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** True when nothing listens on this loopback port. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  }
}

/** Below the ranges from which systems take the ports of outgoing connections (Linux from 32768, macOS from 49152). */
const TEST_PORTS = { from: 12_000, to: 32_000 } as const;
const WORKERS = 8;

/**
 * Test files that run side by side draw from ranges of their own: between a draw and the bind another file could get the
 * same port, and would then take the other's service for its own.
 */
function testPorts(): { from: number; to: number } {
  const share = Math.floor((TEST_PORTS.to - TEST_PORTS.from) / WORKERS);
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
  const from = TEST_PORTS.from + worker * share;
  return { from, to: from + share };
}

/** A loopback port that was free a moment ago; for tests. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** Several distinct free loopback ports, held together so that none is handed out twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  const { from, to } = testPorts();
  while (held.size < count) {
    const port = randomInt(from, to);
    const server = await listen(port).catch(() => undefined);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all([...held.values()].map(close));
  return [...held.keys()];
}

/** A port this start needs, the part that needs it, and the option that moves it. */
export interface NeededPort {
  readonly part: string;
  readonly port: number;
  readonly option: string;
}

/**
 * Refuses to go on when a needed port is taken.
 * @throws StartProblem `embedded.port_busy`, naming every busy port in one line.
 */
export async function requireFreePorts(needed: readonly NeededPort[]): Promise<void> {
  const busy: NeededPort[] = [];
  for (const entry of needed) if (!(await isPortFree(entry.port))) busy.push(entry);
  const [first] = busy;
  if (first === undefined) return;
  const list = busy.map((entry) => `${entry.port} (${entry.part})`).join(', ');
  throw new StartProblem(
    'embedded.port_busy',
    `${busy.length === 1 ? 'Port' : 'Ports'} ${list} already in use on ${HOST}`,
    `stop what listens there, or choose another: ${busy.map((entry) => `${entry.option} <port>`).join(' ')}`,
  );
}

import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';

/** What the server says next, byte for byte. */
export interface Script {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each is written on its own. */
  readonly pieces: readonly (string | Uint8Array)[];
  /** All pieces arrive at once; each is still a chunk of its own. */
  readonly together?: boolean;
  /** Waited for before anything is answered. */
  readonly after?: Promise<void>;
  /** The connection breaks after the last piece. */
  readonly breaks?: boolean;
}

/** What the server was asked. */
export interface Asked {
  readonly path: string;
  readonly body: Uint8Array;
}

/** A model server that answers with given bytes, and knows what bytes it was sent. */
export interface ScriptedUpstream {
  readonly url: string;
  /** From now on; by request where it depends on that. */
  say(script: Script | ((asked: Asked) => Script)): void;
  /** SHA-256 of the last request's body, hex. */
  lastDigest(): string;
  calls(): number;
  stop(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let script: (asked: Asked) => Script = () => ({
    headers: { 'content-type': 'application/json' },
    pieces: ['{}'],
  });
  let digest = '';
  let calls = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    digest = createHash('sha256').update(body).digest('hex');
    calls += 1;
    const {
      status = 200,
      headers,
      pieces,
      together,
      after,
      breaks,
    } = script({ path: request.url ?? '', body });
    await after;
    response.writeHead(status, headers);
    await (together ? writeTogether(response, pieces) : writeApart(response, pieces));
    if (breaks) response.destroy();
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    say: (next) => {
      script = typeof next === 'function' ? next : () => next;
    },
    lastDigest: () => digest,
    calls: () => calls,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

type Pieces = Script['pieces'];
const write = (response: ServerResponse, piece: Pieces[number]): Promise<void> =>
  new Promise((resolve) => response.write(piece, () => resolve()));

async function writeApart(response: ServerResponse, pieces: Pieces): Promise<void> {
  for (const piece of pieces) {
    await write(response, piece);
    // One turn of the event loop each, so that they leave as separate packets.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function writeTogether(response: ServerResponse, pieces: Pieces): Promise<void> {
  const { socket } = response;
  socket?.cork();
  const written = pieces.map((piece) => write(response, piece));
  socket?.uncork();
  await Promise.all(written);
}

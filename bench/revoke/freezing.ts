import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, type World } from '#testing';
import { fire } from '../gateway/load.ts';

const pollMs = 5;
const pieceEveryMs = 20;
const chunk = JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'and so on, ' } }] });
const whole = '{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ok"}}]}';

/** A model that answers at once, and whose streams never end. */
export interface EndlessModel {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startEndlessModel(): Promise<EndlessModel> {
  const server = createServer(async (asked, answer) => {
    let body = '';
    for await (const part of asked.setEncoding('utf8')) body += part;
    if (!body.includes('"stream":true')) {
      answer.writeHead(200, { 'content-type': 'application/json' }).end(whole);
      return;
    }
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    const ticker = setInterval(() => answer.write(`data: ${chunk}\n\n`), pieceEveryMs);
    answer.on('close', () => clearInterval(ticker));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** How long a freeze took to reach everything, in ms from the call. */
export interface FreezeTook {
  /** Until each door refused new requests. */
  readonly refusedMs: number;
  /** Until each running stream had ended. */
  readonly cutMs: number;
}

/** Freezes carol while she has streams at every door; gives the slowest of each. Dave releases her again. */
export async function freezeOnce(
  world: World,
  doors: readonly string[],
  streamsPerDoor: number,
): Promise<FreezeTook> {
  const [erin, dave, carol] = await Promise.all(
    ['erin', 'dave', 'carol'].map((user) => world.tokenFor(user)),
  );
  const change = async (path: string, token: string): Promise<void> => {
    const body = JSON.stringify({ target: 'user', name: 'carol', reason: 'bench' });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${world.urlOf('policy')}${path}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${carol}` };
  const body = Buffer.from('{"model":"demo","messages":[{"role":"user","content":"hello"}]}');
  const ask = (door: string) => fire(agent, { url: `${door}/v1/chat/completions`, headers, body });
  const refused = (door: string) =>
    ask(door).then(
      () => Promise.reject(new Error(`${door} still lets carol in`)),
      (error: Error) => (error.message.includes('policy.frozen') ? undefined : Promise.reject(error)),
    );
  await Promise.all(doors.map((door) => eventually(() => ask(door))));
  const streams = await Promise.all(
    doors.flatMap((door) => Array.from({ length: streamsPerDoor }, () => openStream(door, headers))),
  );
  const started = performance.now();
  const cut = Promise.all(streams.map(({ ended }) => ended)).then(() => performance.now() - started);
  await change('/v1/freezes', erin as string);
  await Promise.all(
    doors.map((door) => eventually(() => refused(door), { timeoutMs: 10_000, everyMs: pollMs })),
  );
  const refusedMs = performance.now() - started;
  const cutMs = await cut;
  await change('/v1/freezes/release', dave as string);
  agent.destroy();
  return { refusedMs, cutMs };
}

/** Opens a stream; resolves with its first piece. `ended` rejects where it ended otherwise than by a freeze. */
function openStream(door: string, headers: Record<string, string>): Promise<{ ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const call = request(`${door}/v1/chat/completions`, { method: 'POST', headers, agent: false });
    call.on('error', reject);
    call.on('response', (answer) => {
      let last = '';
      const ended = new Promise<void>((end, fail) => {
        answer.on('close', () =>
          last.includes('policy.frozen') ? end() : fail(new Error(`a stream ended with ${last}`)),
        );
      });
      ended.catch(() => undefined);
      answer.setEncoding('utf8').on('data', (text: string) => {
        last = (last + text).slice(-1000);
        resolve({ ended });
      });
    });
    call.end('{"model":"demo","stream":true,"messages":[{"role":"user","content":"a story"}]}');
  });
}

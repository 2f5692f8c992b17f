import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import { eventually } from '#testing';

/** One request as it passed. */
export interface Passed {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the gateway sent back so far. */
  answer: string;
}

/** Stands between a client and the gateway, changes nothing, and lets a check count what went by. */
export interface Tap {
  readonly url: string;
  /** Requests whose body holds a word, oldest first. */
  withWord(word: string): Passed[];
  /** Waits until so many of them came. */
  untilSent(word: string, count: number): Promise<Passed[]>;
  stop(): Promise<void>;
}

export async function openTap(gateway: string): Promise<Tap> {
  const passed: Passed[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const seen: Passed = { headers: incoming.headers, body: body.toString('utf8'), answer: '' };
    passed.push(seen);
    const { method, headers, url } = incoming;
    const onward = send(`${gateway}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        seen.answer += chunk.toString('utf8');
        outgoing.write(chunk);
      });
      answer.on('end', () => outgoing.end());
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const withWord = (word: string) => passed.filter(({ body }) => body.includes(word));
  return {
    url: `http://127.0.0.1:${port}`,
    withWord,
    untilSent: (word, count) =>
      eventually(
        () => {
          const found = withWord(word);
          if (found.length < count) throw new Error(`${found.length} of ${count} requests with ${word}`);
          return found;
        },
        { timeoutMs: 30_000 },
      ),
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import { Connection } from '#contracts';
import { UpstreamCall } from '../../../../services/masking/upstream/call.ts';
import { Credentials } from '../../../../services/masking/upstream/credentials.ts';
import { Upstream } from '../../../../services/masking/upstream/upstream.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A folder of secrets that goes with the test file; servers and upstreams that end with each test. */
let dir: string;
let credentials: Credentials;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-upstream-'));
  credentials = new Credentials(dir, () => undefined);
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Where secrets are. */
export const secretsDir = (): string => dir;
/** Opens and covers credentials of that folder. */
export const credentialsHere = (): Credentials => credentials;
/** A reference to a secret. */
export const file = (name: string): string => `\${file:${name}}`;
export const write = (name: string, text: string): Promise<void> => writeFile(join(dir, name), text);
export const ok: Listener = (request, response) => {
  request.resume();
  response.end('ok');
};

/** Starts a server, which ends with the test. */
export async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An upstream as a connection describes it, which ends with the test. */
export function upstreamOf(connection: object): Upstream {
  const upstream = new Upstream('local', Connection.parse(connection), 1e6, credentials);
  closing.push(() => upstream.close());
  return upstream;
}

/** One call; how it ended, and the answer. */
export async function ask(upstream: Upstream, path = '/v1/chat/completions') {
  let status = 0;
  let text = '';
  const opened = await credentials.open(upstream.connection.credential, Date.now());
  const headers: Record<string, string> = opened.header ? { [opened.header[0]]: opened.header[1] } : {};
  const request = { method: 'POST', path, headers, body: Buffer.from('{}'), ...upstream.timeouts };
  const end = await upstream.run(new UpstreamCall(), request, {
    start: (got) => {
      status = got;
    },
    data: (chunk) => {
      text += chunk.toString();
    },
  });
  return { end, status, text };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenVerifier } from '#auth';
import { Connection, Issuer } from '#contracts';
import { freePort, type IdentityProvider, startIdentityProvider } from '#embedded';
import { eventually } from '#testing';
import { AccessTokens } from '../../services/masking/upstream/access-tokens.ts';
import { UpstreamCall } from '../../services/masking/upstream/call.ts';
import { type Candidate, chooseServer } from '../../services/masking/upstream/choose.ts';
import { Credentials } from '../../services/masking/upstream/credentials.ts';
import { Upstream } from '../../services/masking/upstream/upstream.ts';
import { Authority } from './certificates.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

let dir: string;
let credentials: Credentials;
const closing: (() => Promise<unknown>)[] = [];

const file = (name: string) => `\${file:${name}}`;
const write = (name: string, text: string) => writeFile(join(dir, name), text);
const ok: Listener = (request, response) => {
  request.resume();
  response.end('ok');
};

/** Starts a server, which ends with the test. */
async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function upstreamOf(connection: object): Upstream {
  const upstream = new Upstream('local', Connection.parse(connection), 1e6, credentials);
  closing.push(() => upstream.close());
  return upstream;
}

/** One call; how it ended, and the answer. */
async function ask(upstream: Upstream, path = '/v1/chat/completions') {
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

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-upstream-'));
  credentials = new Credentials(dir, () => undefined);
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(closing.splice(0).map((close) => close()));
});

describe('a model server with TLS', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await Authority.make('Test CA');
    await write('ca', authority.ca);
    await write('other-ca', (await Authority.make('Other CA')).ca);
  });
  const serve = async (name: string, more: object = {}, listener = ok) =>
    `https://${await listen(createTlsServer({ ...(await authority.issue(name)), ...more }, listener))}`;

  test('is trusted by the authority that its connection names, and by no other', async () => {
    const baseUrl = await serve('127.0.0.1');
    expect(await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }))).toMatchObject({
      status: 200,
      text: 'ok',
    });
    for (const tls of [undefined, { ca: file('other-ca') }]) {
      const { end, status } = await ask(upstreamOf({ baseUrl, ...(tls && { tls }) }));
      expect({ end, status }).toMatchObject({
        status: 0,
        end: { code: 'upstream.unavailable', sent: false },
      });
    }
  });

  test('has to have the name that is asked for', async () => {
    const baseUrl = await serve('model.internal');
    const { end } = await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }));
    expect(end).toMatchObject({ code: 'upstream.unavailable', cause: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const named = upstreamOf({ baseUrl, tls: { ca: file('ca'), serverName: 'model.internal' } });
    expect(await ask(named)).toMatchObject({ status: 200 });
  });

  test('that asks for a client certificate gets it; a replaced one is taken without a restart', async () => {
    const seen: string[] = [];
    const listener: Listener = (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      ok(request, response);
    };
    const strict = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
    const baseUrl = await serve('127.0.0.1', strict, listener);
    const put = async (name: string) => {
      const { cert, key } = await authority.issue(name);
      await Promise.all([write('client.pem', cert), write('client.key', key)]);
    };
    await put('gateway-1');
    const credential = { kind: 'mtls', certificate: file('client.pem'), key: file('client.key') };
    const upstream = upstreamOf({ baseUrl, tls: { ca: file('ca') }, credential });
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    await put('gateway-2');
    const later = Date.now() + 6000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect(await ask(upstream)).toMatchObject({ status: 200 });
    expect(seen).toEqual(['gateway-1', 'gateway-2']);
    jest.restoreAllMocks();
    const without = await ask(upstreamOf({ baseUrl, tls: { ca: file('ca') } }));
    expect(without).toMatchObject({ status: 0, end: { kind: 'failed', code: 'upstream.unavailable' } });
    await rm(join(dir, 'client.key'));
    await expect(
      ask(upstreamOf({ baseUrl, tls: { ca: file('ca') }, credential: { ...credential, key: file('gone') } })),
    ).rejects.toThrow('gone');
  });

  test('is the only kind that a client certificate or an authority is configured for', () => {
    const credential = { kind: 'mtls', certificate: file('a'), key: file('b') };
    expect(Connection.safeParse({ baseUrl: 'http://m', credential }).success).toBe(false);
    expect(Connection.safeParse({ baseUrl: 'https://m', targets: ['http://n'], tls: {} }).success).toBe(
      false,
    );
  });
});

describe('a token by client credentials', () => {
  let idp: IdentityProvider;
  /** In front of the provider: counts, and can be away. */
  let tokenUrl: string;
  let asked = 0;
  let isAway = false;
  let counter: Server;

  beforeAll(async () => {
    idp = await startIdentityProvider({ dir: join(dir, 'identity'), port: 0 });
    await write('oauth-secret', idp.state.clientSecrets['ci-agent'] as string);
    counter = createServer(async (request, response) => {
      asked += 1;
      let body = '';
      for await (const chunk of request) body += chunk;
      if (isAway) return void response.writeHead(503).end();
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const headers = { 'content-type': type, ...(authorization && { authorization }) };
      const answer = await fetch(`${idp.issuer}/token`, { method: 'POST', headers, body });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve));
    tokenUrl = `http://127.0.0.1:${(counter.address() as AddressInfo).port}/token`;
  });
  afterAll(async () => {
    counter.closeAllConnections();
    counter.close();
    await idp.stop();
  });
  afterEach(() => {
    asked = 0;
    isAway = false;
  });

  const credentialOf = (more: object = {}) =>
    Connection.parse({
      baseUrl: 'http://model.test',
      credential: {
        kind: 'oauth2',
        tokenUrl,
        clientId: 'ci-agent',
        secret: file('oauth-secret'),
        scope: 'sallyport',
        ...more,
      },
    }).credential as Extract<Connection['credential'], { kind: 'oauth2' }>;
  const tokens = () => new AccessTokens(async () => idp.state.clientSecrets['ci-agent'] as string);

  test('is what the model server gets, and one for many calls', async () => {
    const seen: string[] = [];
    const model = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '');
      ok(request, response);
    });
    const upstream = upstreamOf({ baseUrl: `http://${await listen(model)}`, credential: credentialOf() });
    await Promise.all(Array.from({ length: 20 }, () => ask(upstream)));
    expect(asked).toBe(1);
    expect(new Set(seen).size).toBe(1);
    const verifier = new TokenVerifier();
    verifier.accept([Issuer.parse({ issuer: idp.issuer, audience: 'sallyport' })]);
    expect((await verifier.authenticate(seen[0])).principal).toMatchObject({
      kind: 'service',
      subject: 'ci-agent',
    });
  });

  test('is covered where the model server repeats it', async () => {
    const { header, secrets } = await credentials.open(credentialOf({ clientAuth: 'post' }), Date.now());
    expect(header?.[1]).toBe(`Bearer ${secrets[0]?.toString()}`);
  });

  test('is renewed before its end, in the background, and used on while the provider is away', async () => {
    const kept = tokens();
    const at = Date.now();
    const first = await kept.get(credentialOf(), at);
    expect(await kept.get(credentialOf(), at + 479_000)).toBe(first);
    expect(asked).toBe(1);
    isAway = true;
    expect(await kept.get(credentialOf(), at + 481_000)).toBe(first);
    await eventually(() => expect(asked).toBe(2));
    isAway = false;
    await eventually(async () => expect(await kept.get(credentialOf(), at + 590_000)).not.toBe(first));
  });

  test('that is over is never sent: without a new one there is no call', async () => {
    const kept = tokens();
    const at = Date.now();
    await kept.get(credentialOf(), at);
    isAway = true;
    await expect(kept.get(credentialOf(), at + 600_000)).rejects.toThrow('answered 503');
    const before = asked;
    await expect(kept.get(credentialOf(), at + 600_500)).rejects.toThrow('gave no token');
    expect(asked).toBe(before);
  });

  test('that the model server refuses is replaced for the next call', async () => {
    const seen: string[] = [];
    const model = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '');
      request.resume();
      response.writeHead(seen.length === 1 ? 401 : 200).end();
    });
    const upstream = upstreamOf({
      baseUrl: `http://${await listen(model)}`,
      credential: credentialOf({ audience: 'urn:sallyport:api' }),
    });
    expect((await ask(upstream)).status).toBe(401);
    expect((await ask(upstream)).status).toBe(200);
    expect(new Set(seen).size).toBe(2);
  });

  test('a wrong secret is said without being shown', async () => {
    const wrong = new AccessTokens(async () => 'wrong-secret');
    const error = await wrong.get(credentialOf(), Date.now()).catch((caught: Error) => caught);
    expect(String(error)).toContain('answered 401');
    expect(String(error)).not.toContain('wrong-secret');
  });
});

describe('several targets', () => {
  const serve = async (name: string, listener?: Listener) => {
    const calls: string[] = [];
    const server = createServer((request, response) => {
      calls.push(request.url ?? '');
      if (listener) return listener(request, response);
      request.resume();
      response.end(name);
    });
    return { url: `http://${await listen(server)}`, calls, server };
  };

  test('take turns while they are idle; a busy one gets none', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isSlow = false;
    const slow = await serve('a', async (request, response) => {
      request.resume();
      if (isSlow) await held;
      response.end('a');
    });
    const quick = await serve('b');
    const upstream = upstreamOf({ baseUrl: slow.url, targets: [quick.url] });
    for (let n = 0; n < 4; n++) await ask(upstream);
    expect([slow.calls.length, quick.calls.length]).toEqual([2, 2]);
    isSlow = true;
    const hung = ask(upstream);
    await eventually(() => expect(slow.calls).toHaveLength(3));
    for (let n = 0; n < 5; n++) expect((await ask(upstream)).text).toBe('b');
    expect(slow.calls).toHaveLength(3);
    release();
    expect((await hung).text).toBe('a');
  });

  test('a call that never left goes to another one; nobody notices a dead target', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`;
    const live = await serve('live');
    const upstream = upstreamOf({ baseUrl: dead, targets: [live.url] });
    for (let n = 0; n < 12; n++) expect(await ask(upstream)).toMatchObject({ status: 200, text: 'live' });
    expect(live.calls).toHaveLength(12);
  });

  test('a call that a server may have seen is not made again', async () => {
    const cut = await serve('cut', (request) => {
      request.resume().on('end', () => request.socket.destroy());
    });
    const other = await serve('other');
    const upstream = upstreamOf({ baseUrl: cut.url, targets: [other.url] });
    const ends = [await ask(upstream), await ask(upstream)];
    expect(cut.calls).toHaveLength(1);
    expect(other.calls).toHaveLength(1);
    expect(ends.filter(({ status }) => status === 0)).toHaveLength(1);
  });

  test('an error answer is an answer: it is passed on, and not made again', async () => {
    const failing = await serve('x', (request, response) => {
      request.resume();
      response.writeHead(503).end('busy');
    });
    const upstream = upstreamOf({ baseUrl: failing.url });
    expect(await ask(upstream)).toMatchObject({ status: 503, text: 'busy' });
    expect(failing.calls).toHaveLength(1);
  });

  test('one that was broken comes back', async () => {
    const port = await freePort();
    const live = await serve('live');
    const upstream = upstreamOf({ baseUrl: `http://127.0.0.1:${port}`, targets: [live.url] });
    for (let n = 0; n < 12; n++) await ask(upstream);
    await listen(
      createServer((request, response) => {
        request.resume();
        response.end('back');
      }),
      port,
    );
    const later = Date.now() + 31_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    const texts = [];
    for (let n = 0; n < 4; n++) texts.push((await ask(upstream)).text);
    expect(texts).toContain('back');
  });

  test('all away: the connection says so', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const upstream = upstreamOf({
      baseUrl: `http://127.0.0.1:${one}`,
      targets: [`http://127.0.0.1:${other}`],
    });
    expect((await ask(upstream)).end).toMatchObject({ code: 'upstream.unavailable', sent: false });
  });

  test('one whose check fails gets no calls until it is well again', async () => {
    let isWell = false;
    const unwell = await serve('unwell', (request, response) => {
      request.resume();
      if (request.url === '/base/health' && !isWell) response.statusCode = 500;
      response.end('unwell');
    });
    const well = await serve('well');
    const health = { path: '/health', every: '20ms' };
    const upstream = upstreamOf({ baseUrl: `${unwell.url}/base`, targets: [`${well.url}/base`], health });
    const checks = () => unwell.calls.filter((path) => path === '/base/health').length;
    await eventually(() => expect(checks()).toBeGreaterThan(3));
    for (let n = 0; n < 6; n++) expect((await ask(upstream)).text).toBe('well');
    isWell = true;
    await eventually(async () => expect((await ask(upstream)).text).toBe('unwell'));
  });

  test('must share their path, so that a call means the same on each', () => {
    const parse = (targets: string[]) => Connection.safeParse({ baseUrl: 'http://a/x/', targets }).success;
    expect([
      parse(['http://b/x']),
      parse(['http://b/y']),
      parse(['http://b']),
      parse(['http://a/x/']),
    ]).toEqual([true, false, false, false]);
  });
});

test('the choice is the least busy that is well, whatever the turn', () => {
  const candidate = fc.record({ isWell: fc.boolean(), busy: fc.nat(5), mayRun: fc.boolean() });
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 8 }), fc.nat(1000), (given, turn) => {
      const servers: Candidate[] = given.map(({ isWell, busy, mayRun }) => ({
        ...{ isWell, busy },
        breaker: { isOpen: !mayRun, mayRun: () => mayRun },
      }));
      const chosen = chooseServer(servers, turn, 0);
      const able = servers.filter(({ breaker }) => breaker.mayRun(0));
      const pool = able.some(({ isWell }) => isWell) ? able.filter(({ isWell }) => isWell) : able;
      if (pool.length === 0) expect(chosen).toBeUndefined();
      else expect(chosen?.busy).toBe(Math.min(...pool.map(({ busy }) => busy)));
    }),
  );
});

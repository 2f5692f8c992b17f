import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TokenVerifier } from '#auth';
import { Connection, Issuer } from '#contracts';
import { type IdentityProvider, startIdentityProvider } from '#embedded';
import { eventually } from '#testing';
import { AccessTokens } from '../../../../services/masking/upstream/access-tokens.ts';
import { ask, credentialsHere, file, listen, ok, secretsDir, upstreamOf, write } from './setting.ts';

describe('a token by client credentials', () => {
  let idp: IdentityProvider;
  /** In front of the provider: counts, and can be away. */
  let tokenUrl: string;
  let asked = 0;
  let isAway = false;
  let counter: Server;

  beforeAll(async () => {
    idp = await startIdentityProvider({ dir: join(secretsDir(), 'identity'), port: 0 });
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
    const { header, secrets } = await credentialsHere().open(
      credentialOf({ clientAuth: 'post' }),
      Date.now(),
    );
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

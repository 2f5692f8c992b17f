import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Issuer } from '#contracts';
import { eventually } from '#testing';
import { TokenVerifier } from './token-verifier.ts';

/** A provider whose published keys can be replaced, or which can be away. */
let server: Server;
let jwksUrl: string;
let published: object[] = [];
let isAway = false;
let fetches = 0;

beforeAll(async () => {
  server = createServer((_, response) => {
    fetches += 1;
    if (isAway) return void response.writeHead(503).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
afterEach(() => {
  jest.restoreAllMocks();
  isAway = false;
});

const issuer = 'https://id.example.org';
let privateKey: CryptoKey;

async function openVerifier(): Promise<TokenVerifier> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  published = [{ ...(await exportJWK(pair.publicKey)), kid: 'first', alg: 'ES256', use: 'sig' }];
  const verifier = new TokenVerifier();
  verifier.accept([Issuer.parse({ issuer, audience: 'sallyport', jwksUrl })]);
  return verifier;
}

let people = 0;
const newToken = () =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'first' })
    .setIssuer(issuer)
    .setAudience('sallyport')
    .setSubject(`person-${people++}`)
    .setIssuedAt(Math.floor(Date.now() / 1000))
    .setExpirationTime(Math.floor(Date.now() / 1000) + 300)
    .sign(privateKey);

const startedAt = Date.now();
const setClock = (minutes: number) =>
  jest.spyOn(Date, 'now').mockImplementation(() => startedAt + minutes * 60_000);

test('a key that the provider withdrew stops being accepted, without a token of a new key', async () => {
  setClock(0);
  const verifier = await openVerifier();
  await verifier.verify(await newToken());
  published = [];
  await verifier.verify(await newToken());
  setClock(11);
  await eventually(async () => {
    await expect(verifier.verify(await newToken())).rejects.toMatchObject({ code: 'token.invalid' });
  });
});

test('an outage of the provider stops nobody for a day', async () => {
  setClock(0);
  const verifier = await openVerifier();
  await verifier.verify(await newToken());
  isAway = true;
  const before = fetches;
  for (const minutes of [11, 60, 23 * 60]) {
    setClock(minutes);
    await verifier.verify(await newToken());
    await eventually(() => expect(fetches).toBeGreaterThan(before));
  }
  setClock(25 * 60);
  await expect(verifier.verify(await newToken())).rejects.toMatchObject({ code: 'service.unavailable' });
});

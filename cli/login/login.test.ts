import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { TokenVerifier } from '#auth';
import { Issuer } from '#contracts';
import { type IdentityProvider, StartProblem, startIdentityProvider } from '#embedded';
import { eventually, letDeviceIn } from '#testing';
import { Caller } from '../caller.ts';
import { currentToken, renewAtMs } from './current-token.ts';
import { logInByDevice, logInService, revoke } from './provider.ts';
import { forgetSession, readSession, type Session, sessionFile, writeSession } from './session.ts';
import { keepFresh } from './watch.ts';

let dir: string;
let idp: IdentityProvider;
let verifier: TokenVerifier;
const environment = { ...process.env };
let alice: Session;
/** A login that the provider no longer knows. */
let lapsed: Session;
let carol: Session;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-login-'));
  process.env.SALLYPORT_CONFIG_DIR = join(dir, 'config');
  delete process.env.SALLYPORT_TOKEN;
  idp = await startIdentityProvider({ dir: join(dir, 'identity'), port: 0 });
  verifier = new TokenVerifier();
  verifier.accept([Issuer.parse({ issuer: idp.issuer, audience: 'sallyport' })]);
  // A device asks every five seconds, so all ask at the same time.
  [alice, lapsed, carol] = await Promise.all([logIn('alice'), logIn('alice'), logIn('carol', 'id')]);
  await revoke(lapsed);
});
afterAll(async () => {
  process.env = environment;
  await idp.stop();
  await rm(dir, { recursive: true, force: true });
});
afterEach(forgetSession);

const ago = { issuedAtMs: 0, expiresAtMs: 1 };
const whoHas = async (token: string) => (await verifier.verify(token)).principal;

async function logIn(user: string, sends: 'access' | 'id' = 'access'): Promise<Session> {
  const options = { issuer: idp.issuer, clientId: 'sallyport-cli', sends };
  const password = idp.state.passwords[user] as string;
  let approved: Promise<unknown> = Promise.resolve();
  const session = await logInByDevice(
    options,
    ({ url }) => {
      approved = letDeviceIn(idp.issuer, url, { user, password });
    },
    AbortSignal.timeout(30_000),
  );
  await approved;
  return session;
}

describe('a person who logs in', () => {
  test('is known by groups to the gateway, through a file that only they can read', async () => {
    await writeSession(alice);
    const token = await currentToken();
    expect(await whoHas(token?.token ?? '')).toMatchObject({
      ...{ kind: 'person', subject: 'alice', groups: ['security'], client: 'sallyport-cli' },
    });
    expect((await stat(sessionFile())).mode & 0o077).toBe(0);
    expect((await stat(join(dir, 'config'))).mode & 0o077).toBe(0);
  });

  test('gets a new token before the old one ends; many commands at once ask for one', async () => {
    await writeSession({ ...alice, current: { ...alice.current, ...ago } });
    const tokens = await Promise.all([currentToken(), currentToken(), currentToken()]);
    expect(new Set(tokens.map((each) => each?.token)).size).toBe(1);
    expect(tokens[0]?.token).not.toBe(alice.current.token);
    expect(await whoHas(tokens[0]?.token ?? '')).toMatchObject({ subject: 'alice' });
    expect((await readSession())?.current.token).toBe(tokens[0]?.token);
  });

  test('uses what is left of a token while the provider refuses, then is told to log in again', async () => {
    const nearlyOver = { issuedAtMs: Date.now() - 590_000, expiresAtMs: Date.now() + 10_000 };
    await writeSession({ ...lapsed, current: { ...lapsed.current, ...nearlyOver } });
    expect((await currentToken())?.token).toBe(lapsed.current.token);
    await writeSession({ ...lapsed, current: { ...lapsed.current, ...ago } });
    await expect(currentToken()).rejects.toMatchObject({ remedy: 'log in again: sallyport login' });
  });

  test('can send ID tokens where access tokens are not for the gateway', async () => {
    const { current } = carol;
    const accepting = new TokenVerifier();
    const issuer = { issuer: idp.issuer, audience: 'other', idTokensOf: ['sallyport-cli'] };
    accepting.accept([Issuer.parse(issuer)]);
    expect((await accepting.verify(current.token)).principal).toMatchObject({
      subject: 'carol',
      name: 'Carol Costa',
    });
    await expect(verifier.verify(current.token)).rejects.toMatchObject({ code: 'token.invalid' });
  });

  test('is who the commands act as, unless SALLYPORT_TOKEN says otherwise', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const call = () => Caller.of({ url, issuer: idp.issuer }).call('GET', '/', z.object({}));
    await expect(call()).rejects.toMatchObject({ code: 'token.missing' });
    await writeSession(alice);
    await call();
    process.env.SALLYPORT_TOKEN = 'own';
    await call();
    delete process.env.SALLYPORT_TOKEN;
    expect(seen).toEqual([`Bearer ${alice.current.token}`, 'Bearer own']);
    server.closeAllConnections();
    server.close();
  });

  test('never sends a login in the clear over a network', async () => {
    const options = { issuer: 'http://192.0.2.1', clientId: 'sallyport-cli', sends: 'access' as const };
    await expect(logInByDevice(options, () => undefined, AbortSignal.timeout(5000))).rejects.toMatchObject({
      remedy: expect.stringContaining('https'),
    });
  });
});

describe('a service account', () => {
  const options = () => ({ issuer: idp.issuer, clientId: 'ci-agent', secretFile: join(dir, 'secret') });

  test('logs in with its secret, which stays in its own file and may be replaced there', async () => {
    await writeFile(join(dir, 'secret'), `${idp.state.clientSecrets['ci-agent']}\n`);
    const session = await logInService(options());
    expect(await whoHas(session.current.token)).toMatchObject({
      ...{ kind: 'service', subject: 'ci-agent', groups: ['platform'] },
    });
    await writeSession({ ...session, current: { ...session.current, ...ago } });
    expect(await readFile(sessionFile(), 'utf8')).not.toContain(idp.state.clientSecrets['ci-agent']);
    expect((await currentToken())?.token).not.toBe(session.current.token);
    await writeFile(join(dir, 'secret'), 'guess');
    await writeSession({ ...session, current: { ...session.current, ...ago } });
    await expect(currentToken()).rejects.toMatchObject({ code: 'embedded.not_permitted' });
  });
});

describe('a watched file', () => {
  test('holds a fresh token, readable by its owner only, over an outage too, until it is stopped', async () => {
    const file = join(dir, 'token');
    const over = new AbortController();
    const lines: string[] = [];
    let asked = 0;
    const get = async () => {
      const now = Date.now();
      if (++asked === 2) throw new StartProblem('embedded.not_ready', 'away', 'wait');
      return { token: `token-${asked}`, issuedAtMs: now, expiresAtMs: now + 1500 };
    };
    const watching = keepFresh(file, get, over.signal, (line) => lines.push(line));
    await eventually(async () => expect(await readFile(file, 'utf8')).toBe('token-1'));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await eventually(async () => expect(await readFile(file, 'utf8')).toBe('token-3'));
    over.abort();
    await watching;
    expect(lines.slice(0, 2)).toEqual([expect.stringContaining('fresh until'), 'away → wait']);
  });

  test('is left alone where the provider wants a new login', async () => {
    await writeSession({ ...lapsed, current: { ...lapsed.current, ...ago } });
    const file = join(dir, 'kept');
    await writeFile(file, 'before');
    const get = async () => (await currentToken()) ?? lapsed.current;
    await expect(keepFresh(file, get, AbortSignal.timeout(5000), () => undefined)).rejects.toMatchObject({
      remedy: 'log in again: sallyport login',
    });
    expect(await readFile(file, 'utf8')).toBe('before');
  });
});

test.each([
  [600_000, 480_000],
  [3_600_000, 2_880_000],
  [120_000, 60_000],
  [10_000, 5000],
])('a token of %i ms is renewed after %i ms', (life, after) => {
  expect(renewAtMs({ token: 't', issuedAtMs: 1000, expiresAtMs: 1000 + life })).toBe(1000 + after);
});

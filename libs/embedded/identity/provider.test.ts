import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';
import { browser, letDeviceIn } from '#testing';
import { requestLocalToken } from './client.ts';
import { type IdentityProvider, startIdentityProvider } from './provider.ts';

let dir: string;
let idp: IdentityProvider;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-idp-'));
  idp = await startIdentityProvider({ dir, port: 0 });
});
afterAll(async () => {
  await idp.stop();
  await rm(dir, { recursive: true, force: true });
});

function verify(token: string): Promise<JWTVerifyResult> {
  const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`));
  return jwtVerify(token, keys, { issuer: idp.issuer, audience: 'sallyport', typ: 'at+jwt' });
}

function tokenRequest(form: Record<string, string>, authorization?: string): Promise<Response> {
  return fetch(`${idp.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
}

describe('a person', () => {
  test('logs in in a browser with name and password and gets a short-lived ES256 token with groups', async () => {
    const go = browser(idp.issuer);
    const verifier = randomBytes(32).toString('base64url');
    const redirect = 'http://127.0.0.1:5999/callback';
    const asked = new URLSearchParams({
      client_id: 'sallyport-cli',
      response_type: 'code',
      redirect_uri: redirect,
      scope: 'openid groups sallyport',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const form = await go(`${idp.issuer}/auth?${asked}`);
    expect(form.text).toContain('name="password"');
    expect((await go(form.url, { user: 'alice', password: 'guess' })).status).toBe(401);
    expect((await go(form.url, { user: '__proto__', password: '' })).status).toBe(401);
    const consent = await go(form.url, { user: 'alice', password: idp.state.passwords.alice as string });
    expect(consent.text).toContain('<strong>sallyport-cli</strong> will act as <strong>alice</strong>');
    const back = await go(consent.url, {});
    const code = new URL(back.url).searchParams.get('code') as string;
    const answer = await tokenRequest({
      grant_type: 'authorization_code',
      client_id: 'sallyport-cli',
      redirect_uri: redirect,
      code,
      code_verifier: verifier,
    });
    const tokens = (await answer.json()) as { access_token: string; id_token: string };
    const { payload, protectedHeader } = await verify(tokens.access_token);
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: 'alice', groups: ['security'], email: 'alice@example.test' });
    expect((payload.exp as number) - (payload.iat as number)).toBe(600);
  });

  test('logs in from a device without a browser', async () => {
    const started = await fetch(`${idp.issuer}/device/auth`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'sallyport-cli', scope: 'openid sallyport' }),
    });
    const device = (await started.json()) as { device_code: string; verification_uri_complete: string };
    const poll = () =>
      tokenRequest({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'sallyport-cli',
        device_code: device.device_code,
      });
    expect(await (await poll()).json()).toMatchObject({ error: 'authorization_pending' });
    const login = { user: 'bob', password: idp.state.passwords.bob as string };
    const done = await letDeviceIn(idp.issuer, device.verification_uri_complete, login);
    expect(done.text).toContain('Signed in');
    const { access_token } = (await (await poll()).json()) as { access_token: string };
    expect((await verify(access_token)).payload).toMatchObject({ sub: 'bob', groups: ['security'] });
  });
});

test('a service account gets a token with its groups for its secret only', async () => {
  const form = { grant_type: 'client_credentials', scope: 'sallyport' };
  const basic = (secret: string) => `Basic ${Buffer.from(`ci-agent:${secret}`).toString('base64')}`;
  expect((await tokenRequest(form, basic('guess'))).status).toBe(401);
  const answer = await tokenRequest(form, basic(idp.state.clientSecrets['ci-agent'] as string));
  const { access_token } = (await answer.json()) as { access_token: string };
  expect((await verify(access_token)).payload).toMatchObject({ sub: 'ci-agent', groups: ['platform'] });
});

describe('a token without a login', () => {
  test('is given to who can read the secret file', async () => {
    const { accessToken, expiresInSeconds } = await requestLocalToken(idp.issuer, dir, 'carol');
    expect(expiresInSeconds).toBe(600);
    expect((await verify(accessToken)).payload).toMatchObject({ sub: 'carol', groups: ['contractors'] });
    expect((await stat(join(dir, 'token-secret'))).mode & 0o077).toBe(0);
    expect((await stat(join(dir, 'passwords.json'))).mode & 0o077).toBe(0);
  });

  test('is refused with a wrong secret, for an unknown name, and for a body over the limit', async () => {
    const other = await mkdtemp(join(tmpdir(), 'sallyport-idp-'));
    await writeFile(join(other, 'token-secret'), 'guess');
    await expect(requestLocalToken(idp.issuer, other, 'carol')).rejects.toMatchObject({
      code: 'embedded.not_permitted',
    });
    await expect(requestLocalToken(idp.issuer, dir, 'mallory')).rejects.toMatchObject({
      code: 'embedded.bad_option',
    });
    await rm(other, { recursive: true });
    const response = await fetch(`${idp.issuer}/local/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${idp.state.tokenSecret}` },
      body: JSON.stringify({ user: 'a'.repeat(100_000) }),
    }).catch(() => ({ status: 400 }));
    expect(response.status).toBe(400);
  });

  test('made expired, or for another audience, does not verify', async () => {
    await expect(verify(await idp.mint({ user: 'carol', expiresInSeconds: -60 }))).rejects.toThrow(/exp/);
    await expect(verify(await idp.mint({ user: 'carol', audience: 'other' }))).rejects.toThrow(/aud/);
  });
});

test('tokens from before a restart still verify after it', async () => {
  const kept = await mkdtemp(join(tmpdir(), 'sallyport-idp-'));
  const first = await startIdentityProvider({ dir: kept, port: 0 });
  const token = await first.mint({ user: 'erin' });
  await first.stop();
  const second = await startIdentityProvider({ dir: kept, port: first.port });
  const keys = createRemoteJWKSet(new URL(`${second.issuer}/jwks`));
  expect((await jwtVerify(token, keys, { issuer: first.issuer })).payload.groups).toEqual(['admin']);
  expect(second.state.passwords).toEqual(first.state.passwords);
  await second.stop();
  await rm(kept, { recursive: true });
});

import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { parse } from 'yaml';
import { Identity, type Issuer, type Principal } from '#contracts';
import { TokenVerifier } from './token-verifier.ts';

/** A token as a provider makes it, but for its times and signature, and who its holder is by the guide's configuration. */
interface Fixture {
  header: Record<string, string>;
  claims: Record<string, unknown>;
  expect: Partial<Principal>;
}

const folder = 'libs/auth/fixtures';
const fixtures = readdirSync(folder).map((name) => ({
  name: name.replace('.json', ''),
  provider: name.split('-')[0] as string,
  ...(JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Fixture),
}));

/** The configuration that a provider's guide shows. */
function guideOf(provider: string): Issuer {
  const text = readFileSync(`docs/identity-${provider}.md`, 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  return Identity.parse((parse(yaml) as { identity: unknown }).identity).issuers[0] as Issuer;
}

let server: Server;
let jwksUrl: string;
let key: CryptoKey;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  key = privateKey;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

async function verified({ provider, header, claims }: Omit<Fixture, 'expect'> & { provider: string }) {
  const verifier = new TokenVerifier();
  verifier.accept([{ ...guideOf(provider), jwksUrl }]);
  const now = Math.floor(Date.now() / 1000);
  const all = { ...claims, iat: now, exp: now + 300, ...('nbf' in claims && { nbf: now }) };
  const token = await new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header }).sign(key);
  return verifier.verify(token);
}

describe('with the configuration of its guide', () => {
  test.each(fixtures)('the holder of $name is who they should be', async (fixture) => {
    const { principal } = await verified(fixture);
    const { issuer, ...rest } = principal;
    expect(issuer).toBe(fixture.claims.iss);
    expect(rest).toEqual(fixture.expect);
  });

  test.each(fixtures)('$name for another audience is refused', async (fixture) => {
    const claims = { ...fixture.claims, aud: 'https://graph.microsoft.com' };
    await expect(verified({ ...fixture, claims })).rejects.toMatchObject({ code: 'token.invalid' });
  });
});

test.each([
  ['okta', 'ya29.a0AfH6SMBx-opaque-access-token'],
  ['google', 'ya29.a0AfH6SMBx-opaque-access-token'],
])('an opaque access token of %s is refused, not taken for something else', async (provider, token) => {
  const verifier = new TokenVerifier();
  verifier.accept([{ ...guideOf(provider), jwksUrl }]);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token.invalid' });
});

test('the configuration that the identity page shows is one', () => {
  const text = readFileSync('docs/identity.md', 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  expect(Identity.parse((parse(yaml) as { identity: unknown }).identity).issuers).toHaveLength(2);
});

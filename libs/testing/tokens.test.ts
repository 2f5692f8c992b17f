import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type IdentityProvider, startIdentityProvider } from '#embedded';
import { type Tokens, tokensOf } from './tokens.ts';

let dir: string;
let idp: IdentityProvider;
let tokens: Tokens;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-tokens-'));
  idp = await startIdentityProvider({ dir, port: 0 });
  tokens = tokensOf(idp);
});
afterAll(async () => {
  await idp.stop();
  await rm(dir, { recursive: true, force: true });
});

function verify(token: string): Promise<unknown> {
  const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`));
  return jwtVerify(token, keys, { issuer: idp.issuer, audience: idp.audience });
}

test('a seeded person’s token verifies', async () => {
  await expect(verify(await tokens.of('carol'))).resolves.toMatchObject({
    payload: { groups: ['contractors'] },
  });
});

test.each(['expired', 'forged', 'unsigned', 'wrongAudience', 'wrongIssuer', 'confused'] as const)(
  'the %s token does not verify, though it names the same person',
  async (kind) => {
    const token = await tokens[kind]('carol');
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub).toBe('carol');
    await expect(verify(token)).rejects.toThrow();
  },
);

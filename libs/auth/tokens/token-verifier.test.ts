import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { CodedError, Issuer } from '#contracts';
import { TokenExpiredError, TokenVerifier } from './token-verifier.ts';

interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: object;
}

/** An identity provider's public face: discovery and keys, which can be replaced, broken or away. */
let server: Server;
let issuer: string;
let keys: SigningKey[];
let asked: string[];
let broken = false;

async function newKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

function sign(key: SigningKey, claims: Record<string, unknown> = {}, header: object = {}): Promise<string> {
  const all = { iss: issuer, aud: 'sallyport', sub: 'carol', exp: nowSeconds() + 300, ...claims };
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(set).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
}

const verifierOf = (rest: object = {}) => {
  const verifier = new TokenVerifier();
  verifier.accept([Issuer.parse({ issuer, audience: 'sallyport', ...rest })]);
  return verifier;
};
const refusal = (code: string) => expect.objectContaining({ code });

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (broken) return void response.writeHead(500).end();
    response.setHeader('content-type', 'application/json');
    if (request.url === '/jwks') response.end(JSON.stringify({ keys: keys.map((key) => key.publicJwk) }));
    else response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  asked = [];
  broken = false;
  keys = [await newKey('first')];
});

describe('a valid token', () => {
  test.each(['ES256', 'RS256', 'PS256', 'EdDSA', 'ES384'])(
    'signed with %s gives its principal',
    async (alg) => {
      keys = [await newKey('k', alg)];
      const { principal, claims } = await verifierOf().verify(await sign(keys[0]!, { groups: ['x'] }));
      expect(principal).toMatchObject({ kind: 'person', issuer, subject: 'carol', groups: ['x'] });
      expect(claims.sub).toBe('carol');
    },
  );

  test('is read from an Authorization header, the scheme in any case', async () => {
    const token = await sign(keys[0]!);
    const verifier = verifierOf();
    for (const header of [`Bearer ${token}`, `bearer ${token}`])
      expect((await verifier.authenticate(header)).principal.subject).toBe('carol');
  });

  test('is checked once and then remembered until it expires', async () => {
    const verifier = verifierOf();
    const token = await sign(keys[0]!);
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
    expect(first.expiresAtMs).toBeGreaterThan(Date.now());
    await expect(verifier.verify(token, first.expiresAtMs)).rejects.toBeInstanceOf(TokenExpiredError);
  });

  test('is accepted for any of several audiences, and ID tokens of the named clients', async () => {
    const verifier = verifierOf({ audience: ['a', 'b'], idTokensOf: ['desk'] });
    for (const aud of ['a', 'b', 'desk']) await verifier.verify(await sign(keys[0]!, { aud }));
    await expect(verifier.verify(await sign(keys[0]!, { aud: 'c' }))).rejects.toEqual(
      refusal('token.invalid'),
    );
  });
});

describe('no token', () => {
  test.each([undefined, '', 'Basic Y2Fyb2w6eA==', 'Bearer', 'Bearer  ', 'Bearer a b', 'token'])(
    'in %p is token.missing',
    async (header) => {
      await expect(verifierOf().authenticate(header)).rejects.toEqual(refusal('token.missing'));
    },
  );
});

describe('token.invalid is the answer to a token', () => {
  const forgeries: Record<string, () => Promise<string>> = {
    'for another audience': () => sign(keys[0]!, { aud: 'somebody-else' }),
    'for no audience': () => sign(keys[0]!, { aud: undefined }),
    'of an issuer that is not accepted': () => sign(keys[0]!, { iss: 'https://evil.invalid' }),
    'without an issuer': () => sign(keys[0]!, { iss: undefined }),
    'without an expiry': () => sign(keys[0]!, { exp: undefined }),
    'without a subject': () => sign(keys[0]!, { sub: undefined }),
    'that is not valid yet': () => sign(keys[0]!, { nbf: nowSeconds() + 60 }),
    'with alg none': async () =>
      new UnsecuredJWT({ iss: issuer, aud: 'sallyport', sub: 'alice', exp: nowSeconds() + 300 }).encode(),
    'signed by HS256 with the public key as the secret': async () => {
      const secret = Buffer.from(JSON.stringify(keys[0]!.publicJwk));
      return new SignJWT({ iss: issuer, aud: 'sallyport', sub: 'alice', exp: nowSeconds() + 300 })
        .setProtectedHeader({ alg: 'HS256', kid: 'first' })
        .sign(secret);
    },
    'signed by a stranger under a known key id': async () => sign(await newKey('first'), { sub: 'alice' }),
    'signed by a key that its own header brings': async () => {
      const stranger = await newKey('first');
      return sign(stranger, { sub: 'alice' }, { jwk: stranger.publicJwk, jku: `${issuer}/evil` });
    },
    'whose claims were changed after signing': async () => {
      const [head, , signature] = (await sign(keys[0]!)).split('.');
      const claims = { iss: issuer, aud: 'sallyport', sub: 'alice', exp: nowSeconds() + 300 };
      return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    },
    'whose signature was cut off': async () => (await sign(keys[0]!)).replace(/[^.]+$/, ''),
    'that is no JWT': async () => 'abc',
    'of JSON that is no object': async () => `${Buffer.from('"x"').toString('base64url')}.e30.x`,
    'longer than 16 KiB': () => sign(keys[0]!, { pad: 'x'.repeat(16_384) }),
    'expired and forged: it is not called expired': async () =>
      sign(await newKey('first'), { exp: nowSeconds() - 60 }),
  };

  test.each(Object.keys(forgeries))('%s', async (name) => {
    const verifier = verifierOf();
    const forged = await forgeries[name]!();
    await expect(verifier.verify(forged)).rejects.toEqual(refusal('token.invalid'));
    await expect(verifier.verify(forged)).rejects.not.toBeInstanceOf(TokenExpiredError);
    // A refusal spoils nothing for others.
    expect((await verifier.verify(await sign(keys[0]!))).principal.subject).toBe('carol');
  });

  test.each([
    { alg: 'RS256', kid: 'first' },
    { alg: 'ES384', kid: 'first' },
    { alg: 'EdDSA', kid: 'first' },
    { alg: 'ES256', kid: 7 },
    { alg: 'ES256', kid: 'first', crit: ['b64'], b64: false },
    { alg: 'ES256', kid: 'first', crit: ['unheard-of'], 'unheard-of': 1 },
    { alg: 'dir', enc: 'A256GCM' },
    { alg: ['ES256'] },
    { alg: null },
    {},
  ])('with the header %j', async (header) => {
    const [, claims, signature] = (await sign(keys[0]!)).split('.');
    const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.${signature}`;
    await expect(verifierOf().verify(forged)).rejects.toEqual(refusal('token.invalid'));
  });

  test('and its text says nothing of why', async () => {
    const error = await verifierOf()
      .verify(await forgeries['for another audience']!())
      .catch((caught: unknown) => caught as CodedError);
    expect((error as CodedError).message).not.toMatch(/audience|aud|signature/i);
  });
});

describe('an expired token', () => {
  test('is token.expired and names whom it was made for, its signature having been checked', async () => {
    const error = await verifierOf()
      .verify(await sign(keys[0]!, { exp: nowSeconds() - 60 }))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TokenExpiredError);
    expect(error).toMatchObject({ code: 'token.expired', status: 401, principal: { subject: 'carol' } });
  });

  test('is still good within five seconds, for clocks that differ', async () => {
    await verifierOf().verify(await sign(keys[0]!, { exp: nowSeconds() - 3 }));
  });
});

describe('when the provider is away', () => {
  test('tokens of known keys go on working', async () => {
    const verifier = verifierOf();
    await verifier.verify(await sign(keys[0]!));
    broken = true;
    expect((await verifier.verify(await sign(keys[0]!, { sub: 'dave' }))).principal.subject).toBe('dave');
  });

  test('and no key is known, the answer is service.unavailable, and it recovers', async () => {
    broken = true;
    const verifier = verifierOf({ jwksUrl: `${issuer}/jwks` });
    const token = await sign(keys[0]!);
    await expect(verifier.verify(token)).rejects.toEqual(refusal('service.unavailable'));
    broken = false;
    expect((await verifier.verify(token)).principal.subject).toBe('carol');
  });

  test('before discovery, the answer is service.unavailable, asked for at most once a second', async () => {
    broken = true;
    const verifier = verifierOf();
    const token = await sign(keys[0]!);
    for (let i = 0; i < 5; i++)
      await expect(verifier.verify(token)).rejects.toEqual(refusal('service.unavailable'));
    expect(asked).toHaveLength(1);
  });
});

describe('the provider’s keys', () => {
  test('are fetched once for many callers at the same time', async () => {
    const verifier = verifierOf();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => sign(keys[0]!, { sub: `u${i}` })));
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(asked.filter((url) => url === '/jwks')).toHaveLength(1);
  });

  test('are fetched anew for an unknown key id, at most every ten seconds', async () => {
    const verifier = verifierOf();
    await verifier.verify(await sign(keys[0]!));
    const next = await newKey('second');
    keys = [...keys, next];
    for (let i = 0; i < 5; i++)
      await expect(verifier.verify(await sign(next))).rejects.toEqual(refusal('token.invalid'));
    expect(asked.filter((url) => url === '/jwks')).toHaveLength(1);
    const later = Date.now() + 11_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    try {
      expect((await verifier.verify(await sign(next))).principal.subject).toBe('carol');
    } finally {
      clock.mockRestore();
    }
    expect(asked.filter((url) => url === '/jwks')).toHaveLength(2);
  });

  test('are not taken from a discovery document of another issuer', async () => {
    const verifier = new TokenVerifier();
    verifier.accept([Issuer.parse({ issuer: `${issuer}/tenant`, audience: 'sallyport' })]);
    await expect(verifier.verify(await sign(keys[0]!, { iss: `${issuer}/tenant` }))).rejects.toEqual(
      refusal('service.unavailable'),
    );
    expect(asked).toEqual(['/tenant/.well-known/openid-configuration']);
  });
});

describe('a new revision of the configuration', () => {
  test('forgets what was verified under the old one', async () => {
    const verifier = verifierOf();
    const token = await sign(keys[0]!, { groups: 'a,b' });
    expect((await verifier.verify(token)).principal.groups).toEqual(['a,b']);
    verifier.accept([Issuer.parse({ issuer, audience: 'sallyport', groups: { separator: ',' } })]);
    expect((await verifier.verify(token)).principal.groups).toEqual(['a', 'b']);
    verifier.accept([]);
    await expect(verifier.verify(token)).rejects.toEqual(refusal('token.invalid'));
  });
});

test('ten thousand callers are remembered, and never more', async () => {
  keys = [await newKey('fast', 'EdDSA')];
  const verifier = verifierOf();
  const remembered = () => (verifier as unknown as { verified: Map<string, unknown> }).verified.size;
  for (let batch = 0; batch < 101; batch++) {
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, i) => sign(keys[0]!, { sub: `u${batch}-${i}` })),
    );
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(remembered()).toBeLessThanOrEqual(10_000);
  }
  expect(remembered()).toBeGreaterThan(0);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Identity, Issuer } from '#contracts';
import { TokenVerifier } from './token-verifier.ts';

const secret = 'se cret+/';
let server: Server;
let url: string;
/** What the endpoint says of any token; `undefined` is an outage. */
let answer: unknown;
let asked: { authorization: string | undefined; form: URLSearchParams }[];
/** While set, answers wait for it. */
let gate: Promise<void> | undefined;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ authorization: request.headers.authorization, form: new URLSearchParams(body) });
    await gate;
    if (answer === undefined) return void response.writeHead(500).end();
    response.setHeader('content-type', 'application/json');
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
  gate = undefined;
  answer = { ...active };
});

const nowSeconds = Math.floor(Date.now() / 1000);
const active = {
  ...{ active: true, token_type: 'Bearer', sub: 'carol', aud: 'sallyport', client_id: 'desk' },
  ...{ exp: nowSeconds + 600, iat: nowSeconds, groups: ['contractors'] },
};
// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
const introspection = { clientId: 'gate way', secret: '${env:SECRET}' };
const issuerWith = (more: object = {}, rest: object = {}) =>
  Issuer.parse({
    ...{ issuer: 'https://id.example.org', audience: 'sallyport', ...rest },
    introspection: { ...introspection, url, ...more },
  });
const verifierWith = (more: object = {}, rest: object = {}) => {
  const verifier = new TokenVerifier(async () => secret);
  verifier.accept([issuerWith(more, rest)]);
  return verifier;
};
const refusal = (code: string) => expect.objectContaining({ code });

describe('an opaque token', () => {
  test('that the provider knows gives its principal; the question is authenticated', async () => {
    const { principal, expiresAtMs } = await verifierWith().verify('opaque');
    expect(principal).toMatchObject({ kind: 'person', subject: 'carol', groups: ['contractors'] });
    expect(expiresAtMs).toBe(active.exp * 1000);
    expect(asked[0]?.form.get('token')).toBe('opaque');
    const given = Buffer.from(asked[0]?.authorization?.slice(6) ?? '', 'base64').toString();
    expect(given).toBe('gate+way:se+cret%2B%2F');
  });

  test('of a client itself is a service', async () => {
    const { sub: _, ...own } = active;
    answer = own;
    expect((await verifierWith().verify('opaque')).principal).toMatchObject({
      kind: 'service',
      subject: 'desk',
    });
  });

  test('is asked for once while the answer is fresh, and again after that', async () => {
    const verifier = verifierWith({ cacheFor: '30s' });
    const at = Date.now();
    await verifier.verify('opaque', at);
    await verifier.verify('opaque', at + 29_999);
    expect(asked).toHaveLength(1);
    answer = { active: false };
    await expect(verifier.verify('opaque', at + 30_000)).rejects.toEqual(refusal('token.invalid'));
    expect(asked).toHaveLength(2);
  });

  test('is asked for once for many callers at the same time', async () => {
    const verifier = verifierWith();
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify('opaque')));
    expect(asked).toHaveLength(1);
  });

  test('is accepted without an audience only of a listed client', async () => {
    const { aud: _, ...without } = active;
    answer = without;
    await expect(verifierWith().verify('a')).rejects.toEqual(refusal('token.invalid'));
    expect((await verifierWith({ clients: ['desk'] }).verify('b')).principal.subject).toBe('carol');
  });

  const unusable: [string, object][] = [
    ['is not active', { active: false }],
    ['is for another audience', { ...active, aud: ['other'] }],
    ['is of another issuer', { ...active, iss: 'https://evil.invalid' }],
    ['is a refresh token', { ...active, token_type: 'refresh_token' }],
    ['is bound to a key', { ...active, cnf: { jkt: 'x' } }],
    ['has expired', { ...active, exp: nowSeconds - 1 }],
    ['is not valid yet', { ...active, nbf: nowSeconds + 600 }],
    ['names a person without saying who', { ...active, sub: undefined, username: 'carol' }],
    ['lives too long', { ...active, exp: nowSeconds + 3 * 86_400 }],
  ];
  test.each(unusable)('that %s is refused', async (_, said) => {
    answer = said;
    await expect(verifierWith().verify('opaque')).rejects.toEqual(refusal('token.invalid'));
  });

  test.each([
    ['is away', undefined],
    ['says what is no answer', { hello: 1 }],
    ['says what is no JSON', '<html>'],
    ['never stops', `{"active":true,"pad":"${'x'.repeat(300_000)}"}`],
  ])('is not accepted while the provider %s', async (_, said) => {
    answer = said;
    await expect(verifierWith().verify('opaque')).rejects.toEqual(refusal('service.unavailable'));
    answer = { ...active };
  });

  test('that was refused is not asked for again at once', async () => {
    answer = { active: false };
    const verifier = verifierWith();
    const at = Date.now();
    for (let i = 0; i < 3; i++)
      await expect(verifier.verify('made up', at)).rejects.toEqual(refusal('token.invalid'));
    expect(asked).toHaveLength(1);
    answer = { ...active };
    expect((await verifier.verify('made up', at + 5000)).principal.subject).toBe('carol');
  });

  test('beyond 64 questions at the same time is not asked for', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const verifier = verifierWith();
    const running = Array.from({ length: 64 }, (_, n) => verifier.verify(`made up ${n}`));
    await expect(verifier.verify('one more')).rejects.toEqual(refusal('service.unavailable'));
    open();
    await Promise.all(running);
    expect(asked).toHaveLength(64);
  });
});

test('only one issuer may have opaque tokens, so that no provider sees those of another', () => {
  const two = [issuerWith(), { ...issuerWith(), issuer: 'https://other.example.org' }];
  expect(Identity.safeParse({ issuers: two }).success).toBe(false);
  expect(Identity.safeParse({ issuers: [two[0], { ...two[1], introspection: undefined }] }).success).toBe(
    true,
  );
});

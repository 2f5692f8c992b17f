import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from '#testing';
import { type LoginProvider, startLoginProvider } from './login-provider.ts';

const named = 'http://sso.example.test';
let world: World;
let plain: LoginProvider;
let hidden: LoginProvider;
let changed: LoginProvider;
let page: string;

beforeAll(async () => {
  const alice = { name: 'alice', groups: ['security'] };
  [plain, hidden, changed] = await Promise.all([
    startLoginProvider(alice),
    startLoginProvider({ name: 'bob', groups: ['security'] }, named),
    startLoginProvider(alice),
  ]);
  const client = { audience: 'sallyport', clientId: 'desk' };
  const secret = (file: string) => ({ clientSecret: `\${file:${file}}` });
  world = await startWorld({
    config: ({ issuer, upstream }) =>
      JSON.stringify({
        version: 1,
        roles: { approver: ['security'] },
        identity: {
          issuers: [
            { issuer, audience: 'sallyport', clientId: 'sallyport-console' },
            { issuer: plain.issuer, ...client, ...secret('desk-plain') },
            {
              ...{ issuer: hidden.issuer, internalUrl: hidden.address, jwksUrl: `${hidden.address}/jwks` },
              ...{ ...client, ...secret('desk-hidden') },
            },
            { issuer: changed.issuer, ...client, ...secret('desk-changed') },
          ],
        },
        connections: { demo: { baseUrl: upstream, models: ['demo'] } },
        rules: [{ name: 'all', match: { connections: ['demo'] }, effect: 'allow' }],
        approvals: { groups: { security: { claim: 'security' } } },
      }),
  });
  const dir = world.secrets.dirOf('approval');
  await Promise.all([
    writeFile(join(dir, 'desk-plain'), plain.clientSecret),
    writeFile(join(dir, 'desk-hidden'), hidden.clientSecret),
    writeFile(join(dir, 'desk-changed'), 'the-one-before-it-was-changed'),
  ]);
  page = world.urlOf('approval');
  for (const provider of [plain, hidden, changed]) provider.open(`${page}/login/return`);
  await world.startServices(['policy', 'approval']);
});
afterAll(async () => {
  await world?.stop();
  await Promise.all([plain, hidden, changed].map((provider) => provider?.stop()));
});

/** A browser that keeps cookies, and knows where the named provider is. */
class Browser {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** Asks once; what came with cookies is kept. */
  async get(address: string): Promise<Response> {
    const { origin } = new URL(address);
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const where = origin === named ? address.replace(named, hidden.address) : address;
    const answer = await fetch(where, {
      redirect: 'manual',
      headers: { cookie, host: new URL(address).host, accept: 'text/html', 'sec-fetch-mode': 'navigate' },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /** Goes on until a page is shown, or an address begins with `until`. */
  async follow(
    address: string,
    until = 'nothing',
  ): Promise<{ address: string; status: number; text: string }> {
    for (let hops = 0; hops < 10; hops++) {
      const answer = await this.get(address);
      const next = answer.headers.get('location');
      const text = await answer.text();
      if (next === null) return { address, status: answer.status, text };
      address = new URL(next, address).href;
      if (address.startsWith(until)) return { address, status: answer.status, text: '' };
    }
    throw new Error(`too many redirects, last to ${address}`);
  }
}

const begin = (issuer: string): string => `${page}/login?to=/approvals&issuer=${encodeURIComponent(issuer)}`;

test('where there are several providers a person is asked which, and may take each', async () => {
  const { status, text } = await new Browser().follow(`${page}/approvals`);
  expect(status).toBe(200);
  for (const { issuer } of [world.idp, plain, hidden, changed]) {
    expect(text).toContain(`issuer=${encodeURIComponent(issuer)}`);
  }
});

test('a confidential client logs people in with its secret', async () => {
  const browser = new Browser();
  const shown = await browser.follow(begin(plain.issuer));
  expect([shown.address, shown.status]).toEqual([`${page}/approvals`, 200]);
  expect(shown.text).toContain('Waiting for people');
});

test('a provider that services reach by another address than browsers logs people in under its own name', async () => {
  const browser = new Browser();
  const sent = await browser.follow(begin(hidden.issuer), named);
  expect(sent.address.startsWith(`${named}/auth?`)).toBe(true);
  const shown = await browser.follow(sent.address);
  expect([shown.address, shown.status]).toEqual([`${page}/approvals`, 200]);
  expect(hidden.reached).toEqual(
    expect.arrayContaining(['/.well-known/openid-configuration', '/token', '/jwks']),
  );
});

test('a secret that the provider does not take, and a code of another provider, log nobody in', async () => {
  const browser = new Browser();
  const refused = await browser.follow(begin(changed.issuer));
  expect(refused.status).toBe(401);
  expect(refused.text).toContain('did not complete the login');
  const from = await browser.follow(begin(plain.issuer), `${page}/login/return`);
  const mixed = new URL((await browser.follow(begin(hidden.issuer), `${page}/login/return`)).address);
  const state = new URL(from.address).searchParams.get('state') ?? '';
  mixed.searchParams.set('state', state);
  const answer = await browser.follow(mixed.href);
  expect(answer.status).toBe(401);
  const { text } = await browser.follow(`${page}/approvals`);
  expect(text).toContain('Where do you log in?');
});

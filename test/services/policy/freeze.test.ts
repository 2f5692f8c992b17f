import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, configKeys, type FreezeList, type FreezeView, principalFrozen } from '#contracts';
import type { Bus } from '#messaging';
import { eventually, startWorld, type World } from '#testing';
import { chat, clientOf } from '../../journeys/people.ts';
import { type Replica, startSecondIngress } from '../second-ingress.ts';
import { eventsOf, policyApi } from './policy-world.ts';

let world: World;
let bus: Bus;
let second: Replica;

beforeAll(async () => {
  world = await startWorld({
    postgres: false,
    config: ({ issuer, upstream }) =>
      JSON.stringify({
        version: 1,
        roles: { admin: ['admin'], operator: ['platform'], auditor: ['security'] },
        identity: { issuers: [{ issuer, audience: 'sallyport' }] },
        connections: { demo: { baseUrl: upstream, models: ['demo'] }, other: { baseUrl: upstream } },
        approvals: { groups: { people: { claim: 'security' } } },
        rules: [
          { name: 'all', effect: 'allow' },
          { name: 'asks', prompt: { keywords: ['heron'] }, effect: 'hold', approval: { all: { people: 1 } } },
          {
            name: 'slowly',
            match: { groups: ['security'] },
            effect: 'allow',
            limits: [{ requests: '3/min' }],
          },
          { name: 'briefly', match: { users: ['bob'] }, effect: 'allow', limits: [{ tokens: '100/day' }] },
          {
            name: 'sparingly',
            match: { groups: ['admin'], models: ['demo'] },
            effect: 'allow',
            limits: [{ tokens: '10/day', per: 'group' }],
          },
        ],
      }),
  });
  await world.startServices(['policy', 'ingress', 'masking']);
  second = await startSecondIngress(world);
  bus = await world.bus('policy');
}, 90_000);
afterAll(async () => {
  await second.stop();
  await world.stop();
});

const freeze = (user: string, target: string, name = '') =>
  policyApi<FreezeView>(world, user, '/v1/freezes', { target, name, reason: 'an incident' });
const release = (user: string, target: string, name = '') =>
  policyApi<FreezeView>(world, user, '/v1/freezes/release', { target, name, reason: 'over' });
const ask = async (user: string, text = 'hello') =>
  (await clientOf(world, user, { maxRetries: 0 })).chat.completions.create(chat(text)).then(
    () => 200,
    (error: { status: number; code: string }) => `${error.status} ${error.code}`,
  );
async function askSecond(user: string): Promise<[number, string | undefined]> {
  const answer = await fetch(`${second.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await world.tokenFor(user)}`,
    },
    body: JSON.stringify(chat(String(Math.random()))),
  });
  const { error } = (await answer.json()) as { error?: { code: string } };
  return [answer.status, error?.code];
}
const within = (want: number | string, user: string) =>
  eventually(async () => expect(await ask(user, String(Math.random()))).toBe(want));

describe('a freeze', () => {
  afterEach(async () => {
    for (const [target, name] of [
      ['user', 'carol'],
      ['group', 'contractors'],
      ['connection', 'demo'],
      ['all', ''],
    ] as const) {
      await release('dave', target, name);
    }
    await within(200, 'carol');
  });

  test.each([
    ['user', 'carol', true],
    ['group', 'contractors', true],
    ['connection', 'demo', false],
    ['all', '', false],
  ])('of %s %s refuses new requests on every replica, and only those', async (target, name, spares) => {
    expect(await ask('carol')).toBe(200);
    expect((await freeze('erin', target, name)).status).toBe(200);
    await within('403 policy.frozen', 'carol');
    await eventually(async () => expect(await askSecond('carol')).toEqual([403, 'policy.frozen']));
    if (spares) expect(await ask('dave')).toBe(200);
    const { body } = await policyApi<FreezeList>(world, 'alice', '/v1/freezes');
    expect(body.items).toMatchObject([{ target }]);
  });

  test.each([
    ['user', 'carol'],
    ['group', 'contractors'],
    ['connection', 'demo'],
    ['all', ''],
  ])('of %s %s cuts a running stream', async (target, name) => {
    let goOn: () => void = () => undefined;
    const rest = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const pieces = Array.from({ length: 40 }, (_, i) => `This is sentence ${i} of a long story. `);
    world.upstream.answer({ pieces, before: async (piece) => (piece > 20 ? rest : undefined) });
    const client = await clientOf(world, 'carol', { maxRetries: 0 });
    const stream = await client.chat.completions.create({ ...chat('a long story'), stream: true });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of stream) seen.push(event.choices[0]?.delta.content ?? '');
    })().then(
      () => 'ended',
      (error: Error) => error.message,
    );
    await eventually(async () => expect(seen.length).toBeGreaterThan(1));
    await freeze('erin', target, name);
    expect(await reading).toContain('frozen');
    expect(seen.join('')).not.toContain('sentence 39');
    goOn();
    world.upstream.answer('ok');
  });

  test('leaves what is parked parked', async () => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${await world.tokenFor('carol')}`,
    };
    const at = (path: string, init: RequestInit = {}) =>
      fetch(`${world.urlOf('ingress')}${path}`, { ...init, headers: { ...headers, ...init.headers } });
    const asked = await at('/v1/chat/completions', {
      method: 'POST',
      headers: { prefer: 'respond-async' },
      body: JSON.stringify(chat('where is the heron?')),
    });
    const { id } = (await asked.json()) as { id: string };
    const isParked = async () =>
      expect(await (await at(`/v1/requests/${id}`)).json()).toMatchObject({ status: 'waiting_for_approval' });
    await eventually(isParked);
    for (const [target, name] of [
      ['user', 'carol'],
      ['all', ''],
    ] as const) {
      await freeze('erin', target, name);
      await within('403 policy.frozen', 'carol');
      await isParked();
      await release('dave', target, name);
      await within(200, 'carol');
      await isParked();
    }
  });

  test('ends only by another person', async () => {
    await freeze('erin', 'user', 'carol');
    expect(await release('erin', 'user', 'carol')).toMatchObject({
      status: 403,
      body: { error: { code: 'freeze.second_person' } },
    });
    await within('403 policy.frozen', 'carol');
    expect((await release('dave', 'user', 'carol')).status).toBe(200);
    await within(200, 'carol');
  });

  test('is recorded with who did it and why, and the reason is sealed', async () => {
    await freeze('erin', 'group', 'contractors');
    await release('dave', 'group', 'contractors');
    const [frozen, released] = (await eventsOf(bus, principalFrozen)).slice(-2);
    expect(frozen).toMatchObject({ value: 'contractors', frozen: true, by: { subject: 'erin' } });
    expect(released).toMatchObject({ value: 'contractors', frozen: false, by: { subject: 'dave' } });
    const stored = await bus.readMessage({ lastOf: principalFrozen.subject() });
    expect(Buffer.from(stored?.payload ?? []).toString('latin1')).not.toContain('over');
  });

  test('is listed with the name that was typed, until the person is erased; nothing stored has it in clear', async () => {
    await freeze('erin', 'user', 'somebody-odd');
    const listed = async () => {
      const { body } = await policyApi<FreezeList>(world, 'alice', '/v1/freezes');
      return body.items;
    };
    const [{ value }] = await eventually(async () => {
      const items = await listed();
      expect(items).toMatchObject([{ target: 'user', name: 'somebody-odd' }]);
      return items as [FreezeView];
    });
    const config = await bus.bucket(buckets.config);
    const stored = (await config.get(configKeys.blockList))?.string();
    expect(stored).toContain(value);
    expect(stored).not.toContain('somebody-odd');
    const audit = await world.bus('audit');
    const key = await (await audit.bucket(buckets.keys)).get(value);
    const destroyed = JSON.stringify({ seq: key?.revision });
    await audit.nc.request(`$JS.API.STREAM.MSG.DELETE.KV_${buckets.keys}`, destroyed);
    await eventually(
      async () => expect(await listed()).toEqual([{ target: 'user', value, at: expect.anything() }]),
      {
        timeoutMs: 20_000,
      },
    );
    await release('dave', 'user', 'somebody-odd');
  });

  test('is for admins, operators and policy authors, and names something that exists', async () => {
    expect((await freeze('carol', 'all')).status).toBe(403);
    expect((await freeze('alice', 'all')).status).toBe(403);
    expect((await freeze('erin', 'connection', 'demmo')).status).toBe(400);
    expect((await freeze('erin', 'user', '')).status).toBe(400);
    expect((await release('dave', 'user', 'nobody')).status).toBe(404);
  });
});

describe('a limit', () => {
  test('refuses what is over it with 429 before anything is published, and says when to come back', async () => {
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await ask('alice', `question ${i}`));
    expect(answers).toEqual([200, 200, 200, '429 request.too_many', '429 request.too_many']);
    const response = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await world.tokenFor('alice')}`,
      },
      body: JSON.stringify(chat('one more')),
    });
    const retryAfterMs = Number(response.headers.get('retry-after-ms'));
    expect(retryAfterMs).toBeGreaterThanOrEqual(30_000);
    expect(retryAfterMs).toBeLessThanOrEqual(61_000);
    expect(await ask('bob', 'hi')).toBe(200);
  });

  test('of tokens counts what answers cost', async () => {
    world.upstream.answer({ pieces: ['a long answer '.repeat(20)] });
    expect(await ask('erin')).toBe(200);
    await eventually(async () =>
      expect(await ask('erin', String(Math.random()))).toBe('429 request.too_many'),
    );
    expect(await ask('dave')).toBe(200);
  });

  test('of tokens counts streams that do not say what they cost', async () => {
    const client = await clientOf(world, 'bob', { maxRetries: 0 });
    const long = 'tell me a story '.repeat(50);
    const stream = await client.chat.completions.create({ ...chat(long), stream: true });
    for await (const _ of stream) void _;
    await eventually(async () =>
      expect(await ask('bob', String(Math.random()))).toBe('429 request.too_many'),
    );
  });
});

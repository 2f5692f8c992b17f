import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { gatewayKeyOf } from '#auth';
import {
  buckets,
  configKeys,
  type GatewayKeyCreated,
  type GatewayKeyList,
  gatewayKeyChanged,
  requestReceived,
} from '#contracts';
import type { Bus } from '#messaging';
import { eventually, runSallyport, startWorld, type World } from '#testing';
import { chat } from '../../journeys/people.ts';
import { eventsOf, policyApi } from '../policy/policy-world.ts';
import { type Replica, startSecondIngress } from '../second-ingress.ts';

let world: World;
let bus: Bus;
let second: Replica;

const document = (issuer: string, upstream: string, enabled: boolean): string =>
  JSON.stringify({
    version: 1,
    roles: { admin: ['admin'], operator: ['platform'], approver: ['admin'] },
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: {
      demo: { baseUrl: upstream, models: ['demo'] },
      other: { baseUrl: upstream, models: ['else'] },
    },
    rules: [
      { name: 'contractors', effect: 'allow', match: { groups: ['contractors'] } },
      {
        ...{ name: 'passwords', effect: 'hold', prompt: { keywords: ['password'] } },
        approval: { all: { admins: 1 } },
      },
    ],
    approvals: { groups: { admins: { claim: 'admin' } } },
    gatewayKeys: { enabled, maxLife: '30d' },
  });

beforeAll(async () => {
  world = await startWorld({ config: ({ issuer, upstream }) => document(issuer, upstream, true) });
  await world.startServices(['policy', 'ingress', 'masking', 'approval']);
  bus = await world.bus('policy');
  second = await startSecondIngress(world);
}, 90_000);
afterAll(async () => {
  await second?.stop();
  await world?.stop();
});

const body = { name: 'the build server', connections: ['demo'], subject: 'robot', groups: ['contractors'] };

async function make(rest: object = {}): Promise<GatewayKeyCreated> {
  const made = await policyApi<GatewayKeyCreated>(world, 'erin', '/v1/keys', { ...body, ...rest });
  expect(made.status).toBe(200);
  return made.body;
}

/** Asks with a key as its API key; gives 200 or what the client raised. */
function ask(
  apiKey: string,
  model = 'demo',
  headers: Record<string, string> = {},
  gateway = world.urlOf('ingress'),
): Promise<number | string> {
  const client = new OpenAI({ apiKey, baseURL: `${gateway}/v1`, maxRetries: 0 });
  return client.chat.completions.create({ ...chat('hello'), model }, { headers }).then(
    () => 200,
    ({ status, code }: { status: number; code: string }) => `${status} ${code}`,
  );
}
const becomes = (want: number | string, ...args: Parameters<typeof ask>) =>
  eventually(async () => expect(await ask(...args)).toBe(want));

describe('a gateway key', () => {
  test('lets a client in as its owner, recorded by its id, and is stored nowhere', async () => {
    const { key, id } = await make();
    await becomes(200, key);
    const received = await eventsOf(bus, requestReceived);
    expect(received.at(-1)?.context.principal).toMatchObject({
      ...{ kind: 'key', subject: 'robot', client: id, groups: ['contractors'], name: 'the build server' },
    });
    const bucket = await bus.bucket('config');
    const stored = (await bucket.get(`gateway-key.${id}`))?.string() ?? '';
    expect(stored).toContain(id);
    expect(stored).not.toContain(key.slice(20));
    const list = await policyApi<GatewayKeyList>(world, 'dave', '/v1/keys');
    expect(JSON.stringify(list.body)).toContain(id);
    expect(JSON.stringify(list.body)).not.toContain(key.slice(20));
  });

  test('is good where clients of Anthropic send their keys', async () => {
    const { key } = await make();
    await becomes(200, key);
    const response = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(chat('hello')),
    });
    expect(response.status).toBe(200);
  });

  test('reaches its own connections only, whichever way another is named', async () => {
    const { key } = await make({ groups: ['contractors'] });
    await becomes(200, key);
    const calls = world.upstream.calls();
    expect(await ask(key, 'else')).toBe('403 key.connection');
    expect(await ask(key, 'else', { 'x-sallyport-connection': 'other' })).toBe('403 key.connection');
    expect(await ask(key, 'nowhere')).toBe('403 key.connection');
    const twice = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: '{"model":"demo","model":"else","messages":[{"role":"user","content":"x"}]}',
    });
    expect(twice.status).toBe(400);
    expect(world.upstream.calls()).toBe(calls);
  });

  test('that policy did not sign lets nobody in, and takes nothing from one that it did', async () => {
    const { key, id } = await make();
    await becomes(200, key);
    const bucket = await bus.bucket(buckets.config);
    const signed = (await bucket.get(configKeys.gatewayKey(id)))?.string() ?? '';
    const { signature: _, ...entry } = JSON.parse(signed);
    const forged = gatewayKeyOf(randomBytes(40));
    for (const given of [{}, { signature: JSON.parse(signed).signature }]) {
      const own = { ...entry, ...given, id: forged.id, digest: forged.digest };
      await bucket.put(configKeys.gatewayKey(forged.id), JSON.stringify(own));
    }
    const wider = JSON.stringify({ ...JSON.parse(signed), connections: ['demo', 'other'] });
    await bucket.put(configKeys.gatewayKey(id), wider);
    // One that is made later is heard of later: by then those were looked at.
    await becomes(200, (await make()).key);
    expect(await ask(forged.key)).toBe('401 token.invalid');
    expect(await ask(key, 'else')).toBe('403 key.connection');
    await bucket.put(configKeys.gatewayKey(id), signed);
    await bucket.delete(configKeys.gatewayKey(forged.id));
  });

  test('is refused everywhere once it is revoked, and its life is in the record', async () => {
    const { key, id } = await make();
    await becomes(200, key);
    await becomes(200, key, 'demo', {}, second.url);
    const revoked = await policyApi(world, 'dave', `/v1/keys/${id}/revoke`, {});
    expect(revoked.status).toBe(200);
    await becomes('401 token.invalid', key);
    await becomes('401 token.invalid', key, 'demo', {}, second.url);
    const changes = (await eventsOf(bus, gatewayKeyChanged)).filter((event) => event.key === id);
    expect(changes.map(({ change, by }) => [change, by.subject])).toEqual([
      ['created', 'erin'],
      ['revoked', 'dave'],
    ]);
    expect((await policyApi(world, 'dave', `/v1/keys/${id}/revoke`, {})).status).toBe(404);
  });

  test('stays revoked where somebody with policy’s rights, and without its key, puts back what it had signed', async () => {
    const { key, id } = await make();
    await becomes(200, key);
    const bucket = await bus.bucket(buckets.config);
    const signed = (await bucket.get(configKeys.gatewayKey(id)))?.string() ?? '';
    expect((await policyApi(world, 'dave', `/v1/keys/${id}/revoke`, {})).status).toBe(200);
    await becomes('401 token.invalid', key);
    await bucket.put(configKeys.gatewayKey(id), signed);
    // One that is made later is heard of later: by then that was looked at.
    await becomes(200, (await make()).key);
    expect(await ask(key)).toBe('401 token.invalid');
  });

  test('decides nothing and reads nothing of Sallyport itself, whatever groups it has', async () => {
    const { key } = await make({ groups: ['admin', 'contractors'] });
    await becomes(200, key);
    for (const [service, path] of [
      ['approval', '/v1/approvals'],
      ['policy', '/v1/keys'],
      ['policy', '/v1/revisions'],
    ] as const) {
      const response = await fetch(`${world.urlOf(service)}${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(response.status).toBe(401);
    }
  });

  test('sees the requests that were asked with it, and no others of its owner', async () => {
    const [one, two] = [await make(), await make()];
    await becomes(200, one.key);
    await becomes(200, two.key);
    const answer = await fetch(`${world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', authorization: `Bearer ${one.key}` },
        prefer: 'respond-async',
      },
      body: JSON.stringify(chat('the password of saffron')),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const look = async (base: string, headers: Record<string, string>) => {
      const response = await fetch(`${base}/v1/requests/${id}`, { headers });
      return { status: response.status, text: await response.text() };
    };
    for (const base of [world.urlOf('ingress'), second.url]) {
      await eventually(async () => {
        const shown = await look(base, { authorization: `Bearer ${one.key}` });
        expect(shown).toMatchObject({ status: 200 });
        expect(shown.text).toContain('waiting_for_approval');
      });
      expect((await look(base, { 'x-api-key': one.key })).status).toBe(200);
      expect((await look(base, { authorization: `Bearer ${two.key}` })).status).toBe(404);
      expect((await look(base, {})).status).toBe(401);
    }
    const cancelled = await fetch(`${world.urlOf('ingress')}/v1/requests/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one.key}` },
    });
    expect(cancelled.status).toBe(202);
  });

  test('lists the models of its own connections only', async () => {
    const { key } = await make();
    await becomes(200, key);
    const client = new OpenAI({ apiKey: key, baseURL: `${world.urlOf('ingress')}/v1`, maxRetries: 0 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['demo']);
    expect(await client.models.retrieve('else').catch(({ status }) => status)).toBe(404);
  });

  test('is made, listed and revoked on the command line', async () => {
    const keys = (...args: string[]) => runSallyport(world, 'erin', 'keys', ...args);
    const flags = ['--connections', 'demo', '--subject', 'robot', '--groups', 'contractors'];
    const made = await keys('create', 'the nightly job', ...flags, '--life', '2h');
    expect(made).toMatchObject({ code: 0, error: '' });
    const key = /^sp_\S+/m.exec(made.out)?.[0] ?? '';
    const id = /key-[0-9a-f]{16}/.exec(made.out)?.[0] ?? '';
    expect(made.out).toContain(`${id} for robot, good until `);
    await becomes(200, key);
    const listed = await keys('list');
    expect(listed.out).toMatch(new RegExp(`${id} +the nightly job +robot +demo `));
    expect(listed.out).not.toContain(key.slice(20));
    expect((await keys('revoke', id)).out).toBe(`${id} revoked\n`);
    await becomes('401 token.invalid', key);
  });

  test.each([
    ['for a connection that is not there', { connections: ['nowhere'] }, 'request.invalid'],
    ['for longer than configured', { life: '31d' }, 'key.life_too_long'],
    ['for no connection', { connections: [] }, 'request.invalid'],
  ])('is not made %s', async (_, rest, code) => {
    const made = await policyApi<{ error: { code: string } }>(world, 'erin', '/v1/keys', {
      ...body,
      ...rest,
    });
    expect(made.body.error.code).toBe(code);
  });

  test('lives a day where nobody says how long, and only admins make one', async () => {
    const { createdAt, expiresAt } = await make();
    expect(expiresAt - createdAt).toBe(24 * 3_600_000);
    expect((await policyApi(world, 'dave', '/v1/keys', body)).status).toBe(403);
  });
});

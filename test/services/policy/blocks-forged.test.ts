import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type BlockListEntry, buckets, configKeys, type FreezeList } from '#contracts';
import type { Bus } from '#messaging';
import { ConfigSigner, secretFiles } from '#sealing';
import { eventually, startWorld, type World } from '#testing';
import { chat, clientOf } from '../../journeys/people.ts';
import { policyApi } from './policy-world.ts';

let world: World;
/** With the rights of policy's user, and without its key. */
let bus: Bus;
/** What policy alone can sign: here only to make lists that it signed once. */
let signer: ConfigSigner;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy', 'ingress', 'masking']);
  bus = await world.bus('policy');
  const secret = join(world.secrets.dirOf('policy'), secretFiles.configSigningKey);
  signer = new ConfigSigner(await readFile(secret, 'utf8'));
}, 90_000);
afterAll(() => world.stop());

/** A service is started from its sources. */
const slow = { timeoutMs: 60_000 };
const readers = ['ingress', 'masking'] as const;
const bucket = () => bus.bucket(buckets.config);
const stored = async () => (await (await bucket()).get(configKeys.blockList))?.string() ?? '';
const put = async (text: string) => void (await (await bucket()).put(configKeys.blockList, text));
const remove = async () => (await bucket()).delete(configKeys.blockList);
const change = (user: string, path: string, name: string) =>
  policyApi(world, user, path, { target: 'group', name, reason: 'an incident' });
const freeze = async (name: string) => expect((await change('erin', '/v1/freezes', name)).status).toBe(200);
/** Policy releases nothing before it compared what is frozen with its own record. */
const release = (name: string) =>
  eventually(async () => expect((await change('dave', '/v1/freezes/release', name)).status).toBe(200));
const frozenNow = async () =>
  (await policyApi<FreezeList>(world, 'alice', '/v1/freezes')).body.items.map(({ value }) => value);
const ask = async (user: string) =>
  (await clientOf(world, user, { maxRetries: 0 })).chat.completions.create(chat(String(Math.random()))).then(
    () => 200,
    (error: { status: number; code: string }) => `${error.status} ${error.code}`,
  );
const becomes = (want: number | string, user = 'carol') =>
  eventually(async () => expect(await ask(user)).toBe(want), slow);

interface Report {
  ready: boolean;
  checks: { blockList: boolean };
  details: { blockList: { changedAt?: string; refused?: string } };
}
const readiness = async (service: string) =>
  (await (await fetch(`${world.urlOf(service as 'ingress')}/readyz`)).json()) as Report;
const metric = async (service: (typeof readers)[number], name: string) => {
  const text = await (await fetch(`${world.urlOf(service)}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1]);
};
async function expectFault(fault: string | undefined): Promise<void> {
  for (const reader of readers) {
    const { ready, details } = await readiness(reader);
    expect([ready, details.blockList.refused]).toEqual([true, fault]);
  }
}
const refusals = () =>
  Promise.all(readers.map((reader) => metric(reader, 'sallyport_block_list_refusals_total')));

/** What somebody without policy's key could do to the list that freezes contractors. `before`: one that froze nobody. */
const attacks: [string, (now: string, before: string) => Promise<unknown>, string][] = [
  ['not signed', (now) => put(emptied(now)), 'not_signed'],
  ['with the signature of the list it replaces', (now) => put(borrowed(now)), 'not_signed'],
  ['signed with another key', (now) => put(another().sign(JSON.parse(emptied(now)))), 'not_signed'],
  ['no list at all', () => put('nothing'), 'not_signed'],
  ['deleted', () => remove(), 'deleted'],
  ['purged', async () => (await bucket()).purge(configKeys.blockList).catch(remove), 'deleted'],
  ['one that was signed before', (_, before) => put(before), 'earlier'],
];

function emptied(text: string): string {
  const { signature: _, ...list } = JSON.parse(text);
  return JSON.stringify({ ...list, changedAt: Date.now() + 1000, builtOn: list.changedAt, frozen: [] });
}
function borrowed(text: string): string {
  return JSON.stringify({ ...JSON.parse(emptied(text)), signature: JSON.parse(text).signature });
}
function another(): ConfigSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new ConfigSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

describe('a list of freezes that is', () => {
  let before: string;
  beforeEach(async () => {
    before = await stored();
    await freeze('contractors');
    await becomes('403 policy.frozen');
  });

  test.each(attacks)('%s lifts no freeze, is seen, and is put right at once', async (_, attack) => {
    const [now, seen] = [await stored(), await refusals()];
    await attack(now, before);
    await eventually(async () => {
      for (const [n, count] of (await refusals()).entries()) expect(count).toBeGreaterThan(seen[n] ?? 0);
    });
    // Policy put the last one back.
    await eventually(async () => {
      expect((JSON.parse(await stored()) as BlockListEntry).frozen).toMatchObject([{ value: 'contractors' }]);
      await expectFault(undefined);
    });
    expect(await ask('carol')).toBe('403 policy.frozen');
    await release('contractors');
    await becomes(200);
  });

  test('any of these lifts no freeze while policy is away either, and stays to be seen', async () => {
    const now = await stored();
    await world.service('policy').kill();
    for (const [, attack, fault] of attacks) {
      await attack(now, before);
      await eventually(() => expectFault(fault));
      expect(await metric('ingress', 'sallyport_block_list_refused')).toBe(1);
      expect(await ask('carol')).toBe('403 policy.frozen');
      await put(now);
      await eventually(() => expectFault(undefined));
    }
    await remove();
    await world.startService('policy');
    await eventually(() => expectFault(undefined));
    expect(await frozenNow()).toEqual(['contractors']);
    expect(await ask('carol')).toBe('403 policy.frozen');
    await release('contractors');
    await becomes(200);
  });
});

describe('a service that starts', () => {
  test('lets nothing run while it can not know what is frozen', async () => {
    await freeze('contractors');
    await world.service('policy').kill();
    await remove();
    for (const reader of readers) await world.service(reader).kill();
    const started = world.startServices(readers);
    await eventually(async () => {
      for (const reader of readers) {
        expect(await readiness(reader)).toMatchObject({ ready: false, checks: { blockList: false } });
      }
    }, slow);
    expect(await ask('carol')).toBe('503 service.unavailable');
    expect(await ask('dave')).toBe('503 service.unavailable');
    await world.startService('policy');
    await started;
    await becomes(200, 'dave');
    await becomes('403 policy.frozen');
    await release('contractors');
    await becomes(200);
  });

  test('and policy too, gets back what was frozen last as soon as policy compared it with its own record', async () => {
    const before = await stored();
    await freeze('contractors');
    await becomes('403 policy.frozen');
    for (const service of ['policy', 'ingress'] as const) await world.service(service).kill();
    await put(before);
    await world.startServices(['policy', 'ingress']);
    await becomes('403 policy.frozen');
    expect(await frozenNow()).toEqual(['contractors']);
    await release('contractors');
    await becomes(200);
  });

  test('with what a version froze that did not sign still refuses it, until somebody releases it', async () => {
    const key = 'frozen.group.0123456789abcdef0123456789abcdef';
    for (const service of ['policy', 'ingress'] as const) await world.service(service).kill();
    await remove();
    const client = new pg.Client({ connectionString: world.environment('policy').DATABASE_URL });
    await client.connect();
    await client.query('delete from policy.block_list');
    await client.end();
    const config = await bucket();
    await config.put(key, JSON.stringify({ target: 'group', value: 'contractors', at: 1 }));
    await world.startServices(['policy', 'ingress']);
    await becomes('403 policy.frozen');
    await becomes(200, 'dave');
    await release('contractors');
    await becomes(200);
  });
});

test('a freeze that policy made without knowing the last list freezes more, and releases nothing', async () => {
  await freeze('contractors');
  await becomes('403 policy.frozen');
  const { changedAt } = JSON.parse(await stored()) as BlockListEntry;
  const list = { changedAt: changedAt + 1, builtOn: changedAt - 1, revokedKeys: [] };
  const frozen = [{ target: 'group', value: 'platform', at: changedAt }];
  await put(signer.sign({ ...list, frozen }));
  await becomes('403 policy.frozen', 'dave');
  expect(await ask('carol')).toBe('403 policy.frozen');
  await eventually(async () => expect((await frozenNow()).sort()).toEqual(['contractors', 'platform']));
  for (const name of ['contractors', 'platform']) await release(name);
  await becomes(200);
  await becomes(200, 'dave');
});

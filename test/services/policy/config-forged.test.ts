import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buckets, configKeys } from '#contracts';
import type { Bus } from '#messaging';
import { ConfigSigner, secretFiles } from '#sealing';
import { eventually, startWorld, type World } from '#testing';
import { changed, policyApi } from './policy-world.ts';

const running = ['policy', 'masking'] as const;
let world: World;
/** With the rights of policy's user, and without its key. */
let bus: Bus;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices([...running]);
  bus = await world.bus('policy');
  for (const service of running) await expectConfig(service, { revision: 'r1' });
}, 90_000);
afterAll(() => world.stop());

async function expectConfig(service: (typeof running)[number], config: object): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${world.urlOf(service)}/readyz`);
    expect(((await response.json()) as { details: { config: object } }).details.config).toEqual(config);
  });
}

const entry = async () => (await bus.bucket(buckets.config)).get(configKeys.active);
const put = async (value: string) => (await bus.bucket(buckets.config)).put(configKeys.active, value);
const standing = async () => (await entry())?.string() ?? '';

const metricOf = async (service: (typeof running)[number], name: string) => {
  const text = await (await fetch(`${world.urlOf(service)}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1]);
};
const forgedSoFar = () =>
  Promise.all(running.map((service) => metricOf(service, 'sallyport_config_forged_total')));

/** Every service saw what stands there, and then again what stood there before. */
async function expectPutBack(seen: readonly number[], right: string, revision: string): Promise<void> {
  await eventually(async () => {
    for (const [n, count] of (await forgedSoFar()).entries()) expect(count).toBeGreaterThan(seen[n] ?? 0);
  });
  for (const service of running) await expectConfig(service, { revision });
  expect(await standing()).toBe(right);
}

/** What somebody without policy's key could put into KV `config`. */
const forged: [string, (signed: Record<string, unknown>) => string][] = [
  ['not signed', ({ signature: _, ...plain }) => JSON.stringify(plain)],
  ['signed with another key', ({ signature: _, ...plain }) => another().sign(plain)],
  ['changed since', (signed) => JSON.stringify({ ...signed, document: { version: 1 } })],
  ['of a later time', (signed) => JSON.stringify({ ...signed, activatedAt: Date.now() + 1000 })],
  ['approved by nobody', (signed) => JSON.stringify({ ...signed, approval: `req-${'0'.repeat(32)}` })],
  ['no document', () => 'nothing'],
];

function another(): ConfigSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new ConfigSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

test.each(forged)(
  'a configuration that is %s comes into force nowhere, alarms, and is put right',
  async (_, forge) => {
    const [right, seen] = [await standing(), await forgedSoFar()];
    await put(forge(JSON.parse(right)));
    await expectPutBack(seen, right, 'r1');
  },
);

test('what is in force is put back where it is deleted', async () => {
  const [right, seen] = [await standing(), await forgedSoFar()];
  await (await bus.bucket(buckets.config)).delete(configKeys.active);
  await expectPutBack(seen, right, 'r1');
});

test('an activation that was signed once does not come into force again', async () => {
  const before = await standing();
  const denier = 'rules:\n  - { name: zebra, prompt: { keywords: [zebra] }, effect: deny }\n';
  const files = await changed(world, 'rules:\n', denier);
  const made = await policyApi(world, 'erin', '/v1/revisions', { files, message: 'another' });
  expect(made).toMatchObject({ status: 201, body: { revision: 'r2' } });
  expect((await policyApi(world, 'erin', '/v1/revisions/r2/activate', {})).status).toBe(200);
  for (const service of running) await expectConfig(service, { revision: 'r2' });
  const [right, seen] = [await standing(), await forgedSoFar()];
  await put(before);
  await expectPutBack(seen, right, 'r2');
  // Going back is an activation of its own.
  expect((await policyApi(world, 'erin', '/v1/revisions/r1/activate', {})).status).toBe(200);
  for (const service of running) await expectConfig(service, { revision: 'r1' });
});

test('any of these comes into force nowhere while policy is away either, and stays to be seen', async () => {
  const right = await standing();
  await world.service('policy').kill();
  for (const [, forge] of forged) {
    await put(forge(JSON.parse(right)));
    await expectConfig('masking', { revision: 'r1', refused: 'unknown' });
    expect(await metricOf('masking', 'sallyport_config_revision_refused')).toBe(1);
    await put(right);
    await expectConfig('masking', { revision: 'r1' });
  }
  await world.startService('policy');
});

test('policy puts back what was activated last when it starts', async () => {
  await eventually(async () =>
    expect((await policyApi(world, 'erin', '/v1/revisions/r2/activate', {})).status).toBe(200),
  );
  const right = await standing();
  const earlier = new ConfigSigner(
    await readFile(join(world.secrets.dirOf('policy'), secretFiles.configSigningKey), 'utf8'),
  ).sign({ ...JSON.parse(right), signature: undefined, revision: 'r1', activatedAt: 1 });
  for (const wrong of [earlier, '{"revision":"r9"}', undefined]) {
    await world.service('policy').kill();
    if (wrong !== undefined) await put(wrong);
    else await (await bus.bucket(buckets.config)).delete(configKeys.active);
    await world.startService('policy');
    for (const service of running) await expectConfig(service, { revision: 'r2' });
    expect(JSON.parse(await standing())).toMatchObject({ revision: 'r2' });
  }
});

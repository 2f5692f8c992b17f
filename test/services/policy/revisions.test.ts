import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ActiveRevision } from '#boot';
import {
  buckets,
  configKeys,
  MaskingProfile,
  type RevisionDetail,
  type RevisionDiff,
  type RevisionList,
  type Validation,
} from '#contracts';
import type { Bus } from '#messaging';
import { loadPolicy } from '#rules';
import { ConfigSigner, secretFiles } from '#sealing';
import { eventually, startWorld, type World } from '#testing';
import { activations, changed, policyApi } from './policy-world.ts';

let world: World;
let bus: Bus;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy', 'masking']);
  bus = await world.bus('policy');
}, 90_000);
afterAll(() => world.stop());

const inForce = (): Promise<string> =>
  eventually(async () => {
    const { status, body } = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
    expect(status).toBe(200);
    return body.active ?? 'none';
  });
const ready = async (service: 'policy' | 'masking') => {
  const response = await fetch(`${world.urlOf(service)}/readyz`);
  return (await response.json()) as { details: { config: { revision: string; refused?: string } } };
};
const create = (files: object[], message = 'a change', user = 'erin') =>
  policyApi(world, user, '/v1/revisions', { files, message });
const activate = (revision: string, body: object = {}, user = 'erin') =>
  policyApi(world, user, `/v1/revisions/${revision}/activate`, body);
const quiet = ['version: 1', '# another comment\nversion: 1'] as const;
const denier = (name: string) =>
  ['rules:\n', `rules:\n  - { name: ${name}, prompt: { keywords: [${name}] }, effect: deny }\n`] as const;

describe('the file', () => {
  test('is revision 1, in Postgres and in force everywhere', async () => {
    const { body } = await policyApi<RevisionList>(world, 'alice', '/v1/revisions');
    expect(body).toMatchObject({ active: 'r1', items: [{ revision: 'r1', source: 'file', isActive: true }] });
    for (const service of ['policy', 'masking'] as const) {
      await eventually(async () => expect((await ready(service)).details.config).toEqual({ revision: 'r1' }));
      const metrics = await (await fetch(`${world.urlOf(service)}/metrics`)).text();
      expect(metrics).toMatch(/sallyport_config_revision_info\{[^}]*revision="r1"[^}]*\} 1/);
    }
  });
});

describe('a revision', () => {
  test('that is not valid changes nothing, and says file, line, column, rule and what was expected', async () => {
    const files = await changed(world, 'effect: hold', 'effect: hld');
    const refused = await create(files);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ error: { code: 'config.invalid' } });
    const { issues } = (refused.body as unknown as { error: { issues: object[] } }).error;
    expect(issues[0]).toMatchObject({
      file: 'sallyport.yaml',
      line: expect.any(Number),
      column: expect.any(Number),
      rule: 'contractors-sensitive-words',
      message: expect.stringContaining('expected'),
    });
    const checked = await policyApi<Validation>(world, 'alice', '/v1/revisions/validate', { files });
    expect(checked.body).toMatchObject({ valid: false, issues });
    const { body } = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
    expect(body.items).toHaveLength(1);
  });

  test('says before and after it is stored what it changes', async () => {
    const files = await changed(world, ...denier('zebra'));
    const { body } = await policyApi<Validation>(world, 'erin', '/v1/revisions/validate', { files });
    expect(body.changes).toEqual([
      { path: '/rules/zebra', kind: 'added', after: expect.objectContaining({ effect: 'deny' }) },
    ]);
    const stored = await create(files);
    expect(stored.status).toBe(201);
    expect(stored.body).toMatchObject({
      revision: 'r2',
      base: 'r1',
      isActive: false,
      changes: body.changes,
      author: { subject: 'erin' },
    });
    expect(await inForce()).toBe('r1');
    const diff = await policyApi<RevisionDiff>(world, 'erin', '/v1/revisions/r1/diff?from=r2');
    expect(diff.body.changes).toMatchObject([{ path: '/rules/zebra', kind: 'removed' }]);
  });

  test('comes into force everywhere, and the record says who did it', async () => {
    expect((await activate('r2', { message: 'zebras are out' })).body).toMatchObject({ isActive: true });
    await eventually(async () => expect((await ready('masking')).details.config.revision).toBe('r2'));
    expect((await activations(bus)).at(-1)).toMatchObject({
      revision: 'r2',
      message: 'zebras are out',
      author: { subject: 'erin' },
    });
  });

  test('is not activated over one that its author has not seen', async () => {
    const { body } = await create(await changed(world, ...denier('lynx')));
    const late = await activate(body.revision, { expected: 'r1' });
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'config.outdated' } } });
    expect(await inForce()).toBe('r2');
  });

  test('is rolled back to the one before, under its own number', async () => {
    const { body } = await policyApi(world, 'erin', '/v1/revisions/rollback', {});
    expect(body).toMatchObject({ revision: 'r1', isActive: true });
    expect(await inForce()).toBe('r1');
    expect(body.activations).toHaveLength(2);
  });

  test('that is the one in force already is no new one', async () => {
    const { body } = await create(await changed(world, ...quiet));
    expect(body.revision).toBe('r1');
  });

  test('never changes in the database', async () => {
    const client = new pg.Client({ connectionString: world.environment('policy').DATABASE_URL });
    await client.connect();
    for (const sql of ["update revision set message = 'x'", 'delete from activation']) {
      await expect(client.query(sql)).rejects.toThrow('never changes');
    }
    await client.end();
  });

  test('brings every masking profile that rules can ask for together', async () => {
    const profiles = 'profiles:\n    other:\n      packs: [web]';
    const rule =
      'rules:\n  - { name: also, match: { groups: [platform] }, effect: allow, mask: { answer: other } }\n';
    const [file] = await changed(world, 'profiles:', profiles);
    const text = file!.text.replace('rules:\n', rule);
    const { body } = await create([{ name: 'sallyport.yaml', text }]);
    expect((await activate(body.revision)).status).toBe(200);
    const loaded = loadPolicy(text);
    if (loaded.kind !== 'policy') throw new Error('not usable');
    const names = [...loaded.policy.profiles.keys()];
    expect(names).toContain('other+standard');
    const bucket = await bus.bucket(buckets.config);
    for (const { reference, profile } of loaded.policy.profiles.values()) {
      const entry = await bucket.get(configKeys.profile(reference.digest));
      expect(MaskingProfile.parse(entry?.json())).toEqual(profile);
    }
  });
});

describe('who may', () => {
  test('read: authors, admins, auditors; write: authors and admins; nobody else anything', async () => {
    const files = await changed(world, ...denier('otter'));
    expect((await policyApi(world, 'carol', '/v1/revisions')).status).toBe(403);
    expect((await create(files, 'x', 'carol')).status).toBe(403);
    expect((await activate('r1', {}, 'dave')).status).toBe(403);
    expect((await policyApi(world, 'alice', '/v1/revisions/r1')).status).toBe(200);
  });
});

describe('after a restart', () => {
  const restart = async () => {
    await world.service('policy').kill();
    await world.startService('policy');
  };

  test('what people activated stays in force while the file is the same', async () => {
    const before = await inForce();
    const count = (await activations(bus)).length;
    await restart();
    await eventually(async () => expect((await ready('policy')).details.config.revision).toBe(before));
    const { body } = await eventually(async () => {
      const answer = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(body.active).toBe(before);
    expect(await activations(bus)).toHaveLength(count);
  });

  test('a file that changed is a new revision and comes into force', async () => {
    const [file] = await changed(world, ...denier('badger'));
    await writeFile(world.configFile, file!.text);
    const before = await inForce();
    await restart();
    await eventually(async () => {
      const { body, status } = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
      expect(status).toBe(200);
      expect(body.active).not.toBe(before);
      expect(body.items[0]).toMatchObject({ source: 'file', isActive: true, author: null });
    });
  });

  test('a file that is not usable leaves the last good revision in force', async () => {
    const before = await inForce();
    await writeFile(world.configFile, 'version: 2\n');
    await restart();
    expect((await ready('policy')).details.config.revision).toBe(before);
  });
});

test('while Postgres is away nothing is stored or activated, and the revision in force stays', async () => {
  const before = await inForce();
  await world.stopPostgres('kill');
  const answer = await policyApi<RevisionDetail>(world, 'erin', `/v1/revisions/${before}`);
  expect(answer.status).toBe(503);
  const alive = await fetch(`${world.urlOf('policy')}/readyz`);
  expect(alive.status).toBe(200);
  await world.startPostgresAgain();
  await eventually(async () =>
    expect((await policyApi(world, 'erin', `/v1/revisions/${before}`)).status).toBe(200),
  );
}, 60_000);

test('a revision that a service cannot compile is refused there, the last good one stays and it says so', async () => {
  const before = await inForce();
  const number = Number(before.slice(1)) + 900;
  const bucket = await bus.bucket(buckets.config);
  const entry = await bucket.get(configKeys.active);
  const secret = join(world.secrets.dirOf('policy'), secretFiles.configSigningKey);
  const signer = new ConfigSigner(await readFile(secret, 'utf8'));
  const active = ActiveRevision.parse(signer.verifier.open(entry!.value));
  const [rule] = active.document.rules;
  // Valid for the schema, as another version's document would be; this version's pattern engine has no look-ahead.
  const rules = [{ ...rule!, name: 'of-tomorrow', prompt: { patterns: ['a(?=b)'] } }];
  const document = { ...active.document, rules };
  const tomorrow = { ...active, revision: `r${number}`, activatedAt: active.activatedAt + 1, document };
  await bucket.put(configKeys.active, signer.sign(tomorrow));
  const refused = { revision: before, refused: `r${number}` };
  await eventually(async () => expect((await ready('policy')).details.config).toEqual(refused));
  const metrics = await (await fetch(`${world.urlOf('policy')}/metrics`)).text();
  expect(metrics).toMatch(/sallyport_config_revision_refused\{?[^}\n]*\}? 1/);
  expect((await activate(before)).body).toMatchObject({ revision: before, isActive: true });
  await eventually(async () => expect((await ready('policy')).details.config).toEqual({ revision: before }));
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RevisionList } from '#contracts';
import { eventually, runSallyport, startWorld, type World } from '#testing';
import { policyApi } from './policy-world.ts';

let world: World;
let draft: string;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy']);
  await eventually(async () =>
    expect((await policyApi<RevisionList>(world, 'erin', '/v1/revisions')).status).toBe(200),
  );
  draft = join(world.dir, 'draft.yaml');
}, 90_000);
afterAll(() => world.stop());

const sallyport = (user: string, ...args: string[]) => runSallyport(world, user, ...args);

const write = async (from: string, to: string) =>
  writeFile(draft, (await readFile(world.configFile, 'utf8')).replace(from, to));

test('config apply shows what changes and puts it into force; log, diff and rollback follow', async () => {
  await write('expiresIn: 24h', 'expiresIn: 2h');
  const change = '~ /rules/contractors-sensitive-words/approval/expiresIn  "24h" → "2h"';
  expect((await sallyport('erin', 'config', 'diff', draft)).out).toContain(change);
  const applied = await sallyport('erin', 'config', 'apply', draft, '-m', 'decide sooner');
  expect(applied).toMatchObject({ code: 0, error: '' });
  expect(applied.out).toContain(change);
  expect(applied.out).toContain('r2 is in force');
  expect((await sallyport('erin', 'config', 'apply', draft)).out).toContain('r2 is in force already');
  const log = await sallyport('alice', 'config', 'log');
  expect(log.out).toMatch(/r2 \* .*erin.*decide sooner/);
  expect((await sallyport('erin', 'config', 'rollback')).out).toContain('r1 is in force');
  expect((await sallyport('erin', 'config', 'diff', 'r2')).out).toContain(change);
  // Seven processes from the sources: slow ones where others work, too.
}, 180_000);

test('config apply of a bad document says file, line, column and rule, exits with 2 and changes nothing', async () => {
  await write('effect: hold', 'effect: hld');
  const { code, error } = await sallyport('erin', 'config', 'apply', draft);
  expect(code).toBe(2);
  expect(error).toMatch(/draft\.yaml:\d+:\d+: rule "contractors-sensitive-words": .*expected/);
  expect(error).toContain('nothing was changed');
  const { body } = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
  expect(body).toMatchObject({ active: 'r1' });
  expect(body.items).toHaveLength(2);
});

test('config apply by somebody without the role exits with 1', async () => {
  await write('expiresIn: 24h', 'expiresIn: 3h');
  const { code, error } = await sallyport('carol', 'config', 'apply', draft);
  expect(code).toBe(1);
  expect(error).toContain('access.forbidden');
});

test('freeze asks for a reason, and unfreeze for another person', async () => {
  expect((await sallyport('erin', 'freeze', 'user', 'carol')).code).not.toBe(0);
  expect((await sallyport('erin', 'freeze', 'user', 'carol', '--reason', 'stolen token')).out).toBe(
    'user carol frozen\n',
  );
  await eventually(async () => expect((await sallyport('alice', 'frozen')).out).toMatch(/^user +carol /m));
  const alone = await sallyport('erin', 'unfreeze', 'user', 'carol', '--reason', 'over');
  expect(alone).toMatchObject({ code: 1 });
  expect(alone.error).toContain('freeze.second_person');
  expect((await sallyport('dave', 'unfreeze', 'user', 'carol', '--reason', 'over')).out).toBe(
    'user carol released\n',
  );
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionList } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { chat, clientOf } from '../journeys/people.ts';

const run = promisify(execFile);
const script = `import { main } from '${join(process.cwd(), 'cli/main.ts')}'; await main(process.argv);`;
let world: World;
let id: string;

beforeAll(async () => {
  world = await startWorld();
  await world.startServices(['policy', 'ingress', 'masking', 'audit']);
  const client = await clientOf(world, 'carol', { maxRetries: 0 });
  await client.chat.completions.create(chat('write a haiku about rain'));
  id = await eventually(
    async () => {
      const response = await fetch(`${world.urlOf('audit')}/v1/sessions`, {
        headers: { authorization: `Bearer ${await world.tokenFor('alice')}` },
      });
      const { items } = (await response.json()) as SessionList;
      expect(items[0]?.outcome).toBe('answered');
      return items[0]!.id;
    },
    { timeoutMs: 30_000 },
  );
}, 120_000);
afterAll(() => world.stop());

/** Runs `sallyport policy …` in a process of its own, as a person. */
async function policy(user: string, ...args: string[]) {
  const env = {
    ...process.env,
    SALLYPORT_POLICY_URL: world.urlOf('policy'),
    SALLYPORT_AUDIT_URL: world.urlOf('audit'),
    SALLYPORT_ISSUER: world.idp.issuer,
    SALLYPORT_STATE_DIR: world.dir,
  };
  const loader = ['--import', join(process.cwd(), 'libs/testing/source-loader.mjs')];
  const line = [...loader, '--input-type=module', '-e', script, '--', 'sallyport', 'policy', ...args];
  return run(process.execPath, [...line, '--as', user], { env }).then(
    ({ stdout }) => ({ code: 0, out: stdout, error: '' }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      ...{ code, out: stdout, error: stderr },
    }),
  );
}

test('a recorded request is explained by the revision that decided about it', async () => {
  const { code, out } = await policy('alice', 'explain', id);
  expect(code).toBe(0);
  expect(out).toMatch(/^allow on demo/);
  expect(out).toMatch(/contractors-sensitive-words +not matched/);
});

test('a recorded request becomes a case', async () => {
  const { out } = await policy('alice', 'record', id);
  expect(out).toContain('write a haiku about rain');
  expect(out).toContain('effect: allow');
  expect(out).not.toContain('carol');
});

test('a draft is tried on what is recorded', async () => {
  const { out } = await policy('alice', 'simulate', '--draft', world.configFile, '--since', '1d', '--json');
  expect(JSON.parse(out)).toMatchObject({ requests: 1, newly: { deny: { count: 0 }, hold: { count: 0 } } });
});

test('nobody explains a request that they may not read', async () => {
  const { code, error } = await policy('dave', 'explain', id);
  expect(code).toBe(1);
  expect(error).toContain('request.not_found');
});

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contentRead, RecordedLine, SessionDetail, type SessionList, type Simulation } from '#contracts';
import { eventually, runSallyport, startWorld, type World } from '#testing';
import { chat, clientOf } from '../../journeys/people.ts';
import { changed, eventsOf } from './policy-world.ts';

let world: World;
let id: string;

beforeAll(async () => {
  world = await startWorld();
  const claim = `rules:
  - name: known-people
    match: { groups: [contractors] }
    when: user.claims.email == "carol@example.com"
    effect: allow
`;
  const [file] = await changed(world, 'rules:\n', claim);
  await writeFile(world.configFile, file!.text);
  await world.startServices(['policy', 'ingress', 'masking', 'audit']);
  const client = await clientOf(world, 'carol', { maxRetries: 0, defaultQuery: { note: 'a heron' } });
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

const policy = (user: string, ...args: string[]) => runSallyport(world, user, 'policy', ...args);
async function audit(user: string, path: string, body?: object) {
  const response = await fetch(`${world.urlOf('audit')}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${await world.tokenFor(user)}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
const linesOf = (text: string): RecordedLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => RecordedLine.parse(JSON.parse(line)));

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

test('a draft about what stands in an address sees it, as far as the reader sees content', async () => {
  const shown = SessionDetail.parse(JSON.parse((await audit('alice', `/v1/sessions/${id}`)).text));
  expect(shown.address).toMatch(/^note=a.*heron$/);
  const bare = JSON.parse((await audit('alice', `/v1/sessions/${id}?content=false`)).text);
  expect(bare).not.toHaveProperty('address');
  const rule = "rules:\n  - { name: no-birds, prompt: { keywords: ['a heron'] }, effect: deny }\n";
  const [file] = await changed(world, 'rules:\n', rule);
  await writeFile(`${world.dir}/birds.yaml`, file!.text);
  const { out } = await policy('alice', 'simulate', '--draft', `${world.dir}/birds.yaml`, '--json');
  expect(JSON.parse(out)).toMatchObject({
    newly: { deny: { count: 1, examples: [{ id, rules: expect.arrayContaining(['no-birds']) }] } },
  });
  const counted = await policy('erin', 'simulate', '--draft', `${world.dir}/birds.yaml`, '--json');
  expect(JSON.parse(counted.out)).toMatchObject({ newly: { deny: { count: 1, examples: [] } } });
});

test('rules about claims are explained by the claims that were recorded, which content goes with', async () => {
  const shown = SessionDetail.parse(JSON.parse((await audit('alice', `/v1/sessions/${id}`)).text));
  expect(shown).toMatchObject({ claims: { email: expect.any(String) }, namedConnection: null });
  const bare = JSON.parse((await audit('alice', `/v1/sessions/${id}?content=false`)).text);
  expect(bare).not.toHaveProperty('claims');
  const text = (await readFile(world.configFile, 'utf8')).replace(
    'carol@example.com',
    String(shown.claims?.email),
  );
  await writeFile(`${world.dir}/known.yaml`, text.replace('effect: allow\n', 'effect: deny\n'));
  const { out } = await policy('alice', 'simulate', '--draft', `${world.dir}/known.yaml`, '--json');
  expect(JSON.parse(out)).toMatchObject({
    newly: {
      deny: {
        count: 1,
        examples: [{ id, user: 'carol', before: 'allow', rules: expect.arrayContaining(['known-people']) }],
      },
    },
  });
});

test('an author who is no auditor gets counts, and nobody without a role anything', async () => {
  const { out } = await policy('erin', 'simulate', '--draft', `${world.dir}/known.yaml`, '--json');
  const result = JSON.parse(out) as Simulation;
  expect(result).toMatchObject({ requests: 1, newly: { deny: { count: 1, examples: [] } } });
  const files = [{ name: 'a.yaml', text: await readFile(world.configFile, 'utf8') }];
  expect((await audit('dave', '/v1/simulations', { files, from: 0 })).status).toBe(403);
  expect(
    (await audit('erin', '/v1/simulations', { files: [{ name: 'a', text: 'x: 1' }], from: 0 })).status,
  ).toBe(422);
});

test('requests are given in bulk to those who may read them, and every page is recorded', async () => {
  const bus = await world.bus('policy');
  const before = (await eventsOf(bus, contentRead)).length;
  const [first, last] = linesOf((await audit('alice', '/v1/recorded')).text);
  expect(first).toMatchObject({
    request: { id, requester: { subject: 'carol' }, content: { state: 'shown' }, outcome: 'answered' },
  });
  expect(last).toEqual({ end: { requests: 1 } });
  expect(linesOf((await audit('carol', '/v1/recorded')).text)).toHaveLength(2);
  // Not hers, and not an auditor: nothing, and nothing to record.
  expect(linesOf((await audit('erin', '/v1/recorded')).text)).toEqual([{ end: { requests: 0 } }]);
  expect(linesOf((await audit('alice', '/v1/recorded?to=1970-01-02')).text)).toEqual([
    { end: { requests: 0 } },
  ]);
  const events = (await eventsOf(bus, contentRead)).slice(before);
  const bulk = { newest: id, oldest: id, count: 1, purpose: 'export' };
  expect(events).toMatchObject([
    { reader: { subject: 'alice' }, bulk },
    { reader: { subject: 'carol' }, bulk },
  ]);
});

test('nobody explains a request that they may not read', async () => {
  const { code, error } = await policy('dave', 'explain', id);
  expect(code).toBe(1);
  expect(error).toContain('request.not_found');
});

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  type ApprovalDetail,
  approvalDecided,
  approvalRequested,
  changeTerms,
  type DecidedOutcome,
  encodeEnvelope,
  type RevisionDetail,
  type RevisionList,
} from '#contracts';
import type { Bus } from '#messaging';
import { PeopleReleaseSigner } from '#sealing';
import { eventually, runSallyport, startWorld, type World } from '#testing';
import { activations, changed, eventsOf, policyApi } from './policy-world.ts';

let world: World;
let policy: Bus;
let approval: Bus;
let audit: Bus;

beforeAll(async () => {
  world = await startWorld();
  const [file] = await changed(world, 'approvals:\n', 'approvals:\n  changes: { all: { security: 1 } }\n');
  await writeFile(world.configFile, file!.text);
  await world.startServices(['policy', 'approval']);
  [policy, approval] = [await world.bus('policy'), await world.bus('approval')];
  audit = await world.bus('audit');
  await eventually(async () =>
    expect((await policyApi<RevisionList>(world, 'erin', '/v1/revisions')).status).toBe(200),
  );
}, 90_000);
afterAll(() => world.stop());

let nth = 0;
/** A new revision that denies another word, stored. */
async function stored(edit?: readonly [string, string]): Promise<string> {
  const word = `word${++nth}`;
  const rule = `rules:\n  - { name: ${word}, prompt: { keywords: [${word}] }, effect: deny }\n`;
  const files = await changed(world, ...(edit ?? (['rules:\n', rule] as const)));
  return (await policyApi(world, 'erin', '/v1/revisions', { files, message: `no ${word}` })).body.revision;
}
const activate = (revision: string, user = 'erin') =>
  policyApi(world, user, `/v1/revisions/${revision}/activate`, {});
/** Asks for an activation; gives the approval's id. */
async function asked(revision: string, user = 'erin'): Promise<string> {
  const { status, body } = await activate(revision, user);
  expect(status).toBe(202);
  expect(body).toMatchObject({ isActive: false, proposals: [{ state: 'waiting', by: { subject: user } }] });
  return body.proposals[0]!.approval;
}
async function call<T>(user: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${await world.tokenFor(user)}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const shown = (id: string, user = 'alice') =>
  eventually(async () => {
    const { status, body } = await call<ApprovalDetail>(user, id);
    expect(status).toBe(200);
    return body;
  });
async function vote(id: string, user: string, how: 'approve' | 'reject' = 'approve') {
  const { digest, version } = await shown(id, user);
  return call<{ error?: { code: string } }>(user, `${id}/votes`, {
    ...{ vote: how, digest, version },
    ...(how === 'reject' && { reason: 'not now' }),
  });
}
const detail = async (revision: string): Promise<RevisionDetail> =>
  (await policyApi(world, 'erin', `/v1/revisions/${revision}`)).body;
const inForce = async (): Promise<string | null> =>
  (await policyApi<RevisionList>(world, 'erin', '/v1/revisions')).body.active;
const until = (revision: string, state: string) =>
  eventually(async () => expect((await detail(revision)).proposals[0]).toMatchObject({ state }));
const timesActivated = async (revision: string): Promise<number> =>
  (await activations(policy)).filter((event) => event.revision === revision).length;
const requestOf = async (id: string) =>
  (await eventsOf(policy, approvalRequested)).find(({ requestId }) => id.startsWith(requestId))!;
const decisionOn = async (id: string): Promise<DecidedOutcome> =>
  (await eventsOf(policy, approvalDecided)).find(
    (event): event is DecidedOutcome => event.kind === 'outcome' && id.startsWith(event.requestId),
  )!;
const say = (head: object) =>
  approval.publish(approvalDecided.subject('change'), encodeEnvelope(head), {
    messageId: randomBytes(8).toString('hex'),
  });
/** The stream sequences of what went to the dead letters. */
async function deadLetters(): Promise<(string | null)[]> {
  const found = [];
  for (let sequence = 1; ; ) {
    const letter = await audit.readMessage({ sequence, subject: 'dead.>' }, 'DEAD_LETTERS');
    if (!letter) return found;
    found.push(letter.headers.get('Sallyport-Sequence') ?? null);
    sequence = letter.sequence + 1;
  }
}
/** Waits until policy has settled everything that was decided so far. */
async function settled(): Promise<void> {
  const revision = await stored();
  const id = await asked(revision);
  await vote(id, 'alice', 'reject');
  await until(revision, 'rejected');
}

test('an activation waits for people, who see every difference; the one who asked is not among them', async () => {
  const revision = await stored();
  const id = await asked(revision, 'alice');
  expect(await asked(revision, 'alice')).toBe(id);
  const seen = await shown(id);
  expect(seen).toMatchObject({
    gate: 'change',
    requester: { subject: 'alice' },
    rules: ['approvals.changes'],
  });
  const texts = seen.content.parts.flatMap(({ items }) =>
    items.map(({ name, segments }) => `${name}: ${segments.map(({ text }) => text).join('')}`),
  );
  expect(texts).toEqual(expect.arrayContaining([`subject: ${revision}`, 'replaces: r1', 'why: no word1']));
  expect(texts.find((text) => text.startsWith('/rules/word1: + {'))).toContain('"effect":"deny"');
  expect(await vote(id, 'alice')).toMatchObject({
    status: 403,
    body: { error: { code: 'approval.requester_excluded' } },
  });
  expect(await inForce()).toBe('r1');
  expect((await vote(id, 'bob')).status).toBe(200);
  await until(revision, 'activated');
  expect(await inForce()).toBe(revision);
  expect((await activations(policy)).at(-1)).toMatchObject({
    ...{ revision, approval: id.replace('.change', ''), author: { subject: 'alice' }, message: 'no word1' },
  });
  expect((await call<{ error: object }>('bob', `${id}/revoke`, { reason: 'oh' })).body.error).toMatchObject({
    code: 'approval.already_decided',
  });
});

test('a decision that comes while policy is dead is acted on once it is back, once', async () => {
  const revision = await stored();
  const id = await asked(revision);
  await shown(id);
  await world.service('policy').kill();
  expect((await vote(id, 'alice')).status).toBe(200);
  await world.startService('policy');
  await eventually(async () => expect(await inForce()).toBe(revision));
  await until(revision, 'activated');
  expect(await timesActivated(revision)).toBe(1);
});

test('a decision delivered again changes nothing, also where a crash kept it from being noted', async () => {
  const revision = (await inForce())!;
  const last = (await detail(revision)).proposals[0]!;
  const decision = await decisionOn(last.approval);
  const client = new pg.Client({ connectionString: world.environment('policy').DATABASE_URL });
  await client.connect();
  await client.query(`update proposal set state = 'waiting', ended_at = null where id = $1`, [
    decision.requestId,
  ]);
  await client.end();
  const { activations: before } = await detail(revision);
  await say(decision);
  await until(revision, 'activated');
  expect((await detail(revision)).activations).toEqual(before);
  expect(await timesActivated(revision)).toBe(1);
});

test('a forged, altered or borrowed decision activates nothing and goes to the dead letters', async () => {
  const before = await inForce();
  const true1 = await decisionOn((await detail(before!)).proposals[0]!.approval);
  const revision = await stored();
  const id = await asked(revision);
  const request = await requestOf(id);
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signature = new PeopleReleaseSigner(key).sign(changeTerms(request, true1.at));
  const { requestId, body } = request;
  const forged = { ...true1, requestId, digest: body.digest };
  const { signature: _, ...unsigned } = forged;
  const wrong = [
    unsigned,
    forged,
    { ...forged, signature },
    { ...forged, digest: 'f'.repeat(64) },
    { ...forged, version: 2 },
  ];
  const said: string[] = [];
  for (const head of wrong) said.push(String((await say(head)).sequence));
  await eventually(async () => expect(await deadLetters()).toEqual(expect.arrayContaining(said)));
  expect(await inForce()).toBe(before);
  await vote(id, 'bob');
  await until(revision, 'activated');
});

test('what nobody agreed to yet ends once something else came into force, and says why; rolling back asks as well', async () => {
  const [first, second] = [await stored(), await stored()];
  const [one, two] = [await asked(first), await asked(second)];
  await vote(two, 'alice');
  await until(second, 'activated');
  await until(first, 'cancelled');
  const ended = await eventually(async () => {
    const { history, state } = await shown(one);
    expect(state).toBe('cancelled');
    return history.at(-1);
  });
  expect(ended?.text).toContain(`revision ${second} came into force`);
  expect(await inForce()).toBe(second);
  const { status, body } = await policyApi(world, 'erin', '/v1/revisions/rollback', {});
  expect(status).toBe(202);
  expect(await inForce()).toBe(second);
  await vote(body.proposals[0]!.approval, 'bob');
  await eventually(async () => expect(await inForce()).toBe(body.revision));
  // The decision that brought `second` is worth nothing now.
  await say(await decisionOn(two));
  await settled();
  expect(await inForce()).toBe(body.revision);
});

test('the command line says that an activation waits, and can wait for it', async () => {
  const draft = join(world.dir, 'draft.yaml');
  const [file] = await changed(world, 'expiresIn: 24h', 'expiresIn: 5h');
  await writeFile(draft, file!.text);
  const waits = await runSallyport(world, 'erin', 'config', 'apply', draft);
  expect(waits.code).toBe(0);
  const [, revision, id] = /(r\d+) waits until .* for security: sallyport approvals show (\S+)/.exec(
    waits.out,
  )!;
  await vote(id!, 'alice', 'reject');
  await until(revision!, 'rejected');
  /** Asks again from the command line, decides about that, and gives what the command said. */
  const decided = async (earlier: string, how: 'approve' | 'reject') => {
    const command = runSallyport(world, 'erin', 'config', 'activate', revision!, '--wait');
    const next = await eventually(async () => {
      const { approval: found, state } = (await detail(revision!)).proposals[0]!;
      expect({ state, isNew: found !== earlier }).toEqual({ state: 'waiting', isNew: true });
      return found;
    });
    await vote(next, 'bob', how);
    return { ...(await command), next };
  };
  const refused = await decided(id!, 'reject');
  expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('is not in force: rejected') });
  const agreed = await decided(refused.next, 'approve');
  expect(agreed).toMatchObject({ code: 0, out: expect.stringContaining(`${revision} is in force`) });
}, 60_000);

test('a freeze takes effect at once', async () => {
  const body = { target: 'user', name: 'carol', reason: 'stolen token' };
  expect((await policyApi(world, 'erin', '/v1/freezes', body)).status).toBe(200);
  expect((await policyApi(world, 'dave', '/v1/freezes/release', body)).status).toBe(200);
});

test('a file that changed waits too, and the requirement in force decides about the next one', async () => {
  const before = await inForce();
  const [file] = await changed(world, '  changes: { all: { security: 1 } }\n', '');
  await world.service('policy').kill();
  await writeFile(world.configFile, file!.text);
  await world.startService('policy');
  const list = await eventually(async () => {
    const { body, status } = await policyApi<RevisionList>(world, 'erin', '/v1/revisions');
    expect(status).toBe(200);
    expect(body.items[0]).toMatchObject({ source: 'file', isActive: false });
    return body;
  });
  expect(list.active).toBe(before);
  const { revision } = list.items[0]!;
  await vote(await asked(revision), 'alice');
  await until(revision, 'activated');
  expect((await activate(before!)).status).toBe(200);
  expect(await inForce()).toBe(before);
}, 60_000);

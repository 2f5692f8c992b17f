import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ApprovalDetail, buckets, contentErased, encodeEnvelope } from '#contracts';
import type { Bus } from '#messaging';
import { destroyKeys, SubjectNames, secretFiles } from '#sealing';
import { eventually, runSallyport } from '#testing';
import { type ApprovalWorld, codeOf, releaseOf, releasesOf, startApprovalWorld } from './approval-world.ts';

let world: ApprovalWorld;
let audit: Bus;
let names: SubjectNames;

beforeAll(async () => {
  world = await startApprovalWorld({
    rules: [
      { name: 'all', match: { connections: ['*'] }, effect: 'allow' },
      {
        ...{ name: 'pairs', prompt: { keywords: ['password'] }, effect: 'hold' },
        approval: { all: { security: 2 }, edit: { needsOtherApprover: true } },
      },
      { name: 'one', prompt: { keywords: ['single'] }, effect: 'hold', approval: { all: { security: 1 } } },
    ],
    approvals: { groups: { security: { claim: 'security' } } },
  });
  audit = await world.bus('audit');
  const file = join(world.secrets.dirOf('approval'), secretFiles.subjectNames);
  names = new SubjectNames(Buffer.from((await readFile(file, 'utf8')).trim(), 'hex'));
}, 120_000);
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

const worldKeyOf = (user: string) => createHash('sha256').update(user).digest('hex').slice(0, 32);

/** Erases somebody, once what the service has to say so far is said. */
async function erase(subjectKey: string, at: number): Promise<void> {
  await eventually(async () => {
    const unsaid = await world.database.query('select 1 from outbox where sent_at is null limit 1');
    expect(unsaid.rows).toHaveLength(0);
  });
  await audit.publish(contentErased.subject(), encodeEnvelope({ subjectKey, at }));
}

/** Waits until all erasures that were published so far are carried out: they are taken one after the other. */
async function settled(): Promise<void> {
  const last = names.of({ issuer: 'nobody', subject: String(process.hrtime.bigint()) });
  await erase(last, Date.now());
  await eventually(async () => {
    const found = await world.database.query('select 1 from erased_person where subject_key = $1', [last]);
    expect(found.rows).toHaveLength(1);
  });
}

/** Which of these texts stand in which table of the service, in any column, also inside of bytes. */
async function standingIn(texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await world.database.query(
    `select tablename as name from pg_tables where schemaname = 'approval'`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const hits = [];
  for (const { name } of tables) {
    const { rows } = await world.database.query(`select one::text as text from approval."${name}" one`);
    for (const text of texts) {
      const forms = [text, Buffer.from(text).toString('hex')];
      if (rows.some((row) => forms.some((form) => row.text.includes(form)))) hits.push(`${name}: ${text}`);
    }
  }
  return hits;
}

const edit = (user: string, { id, digest, version }: ApprovalDetail, text: string) =>
  world.call(user, 'POST', `/v1/approvals/${id}/edits`, {
    ...{ digest, version, approve: false },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: text }] }),
  });

test('what waits of an erased person ends as erased, and nothing of theirs is left, whatever comes late or twice', async () => {
  const person = { name: 'Carol Cardinal', email: 'cc@persons.example', groups: ['orchard-keepers'] };
  const carol = { person, query: 'note=elderflower', conversation: 'carols-own-talk' };
  const marks = ['Carol Cardinal', 'cc@persons.example', 'orchard-keepers', 'elderflower', 'carols-own-talk'];
  const pending = await world.hold('carol and a password', carol);
  const approved = await world.hold('a single thing', carol);
  const { digest, version } = approved;
  const grant = { uses: 5 };
  const cast = await world.call('alice', 'POST', `/v1/approvals/${approved.id}/votes`, {
    ...{ vote: 'approve', digest, version, grant },
  });
  expect(cast.status).toBe(200);
  await releaseOf(world, approved.id);
  const other = await world.hold('dave and a password', { user: 'dave', person: { name: 'Dave Other' } });
  await eventually(async () => {
    const found = await standingIn(marks);
    for (const mark of marks) expect(found).toContain(`approval_request: ${mark}`);
    expect(found).toContain('approval_grant: Carol Cardinal');
  });

  const at = Date.now();
  await erase(worldKeyOf('carol'), at);
  for (const { id } of [pending, approved]) {
    const { head } = await world.completion(id);
    expect(head).toMatchObject({ outcome: 'failed', code: 'content.erased', status: 410 });
  }
  await settled();
  expect(await releasesOf(world, pending.id)).toEqual([]);
  const own = [...marks, '"carol"', '(carol'];
  await eventually(async () => expect(await standingIn(own)).toEqual([]));
  expect(codeOf(await world.vote('alice', pending, 'approve'))).toEqual([409, 'approval.already_decided']);

  const late = await world.receive('a late password', { ...carol, receivedAt: at - 1 });
  expect((await world.completion(late)).head).toMatchObject({ code: 'content.erased' });
  await eventually(async () => expect(await standingIn(own)).toEqual([]));

  const back = await world.hold('back with a password', carol);
  await erase(worldKeyOf('carol'), at);
  await settled();
  expect(await world.show(back.id)).toMatchObject({
    state: 'pending',
    requester: { name: 'Carol Cardinal' },
  });
  expect(await world.show(other.id)).toMatchObject({ state: 'pending', requester: { name: 'Dave Other' } });
  const gone = await world.show(late);
  expect(gone).toMatchObject({ state: 'cancelled', requester: { name: 'erased' } });
  const { items } = await world.list('?state=all&limit=50');
  expect(items.filter(({ requester }) => requester.name === 'erased')).toHaveLength(3);
  const { out } = await runSallyport(world, 'alice', 'approvals', 'show', late);
  expect(out).toContain('erased');
}, 90_000);

test('what people say of an erased request makes no new key that would keep it', async () => {
  const held = await world.hold('a single word of heidi', { user: 'heidi' });
  await destroyKeys(audit, worldKeyOf('heidi'));
  // The service may have the key for a few seconds more. A vote on another digest changes nothing in that time.
  const digest = '0'.repeat(64);
  await eventually(async () => {
    const vote = { vote: 'reject', version: held.version, digest, reason: 'not for heidi' };
    const cast = await world.call('alice', 'POST', `/v1/approvals/${held.id}/votes`, vote);
    expect(codeOf(cast)).toEqual([410, 'content.erased']);
  });
  expect((await edit('alice', held, 'a single word of nobody')).status).toBe(410);
  expect((await (await audit.bucket(buckets.keys)).get(worldKeyOf('heidi')))?.operation).not.toBe('PUT');
});

test('an erased approver is named nowhere, counts once where they come back, and never for what they wrote', async () => {
  const dave = { user: 'dave' };
  const voted = await world.hold('one more password', dave);
  const edited = await world.hold('a password to change', dave);
  expect((await world.vote('alice', voted, 'approve')).status).toBe(200);
  expect((await edit('alice', edited, 'a changed password')).status).toBe(200);
  const next = await eventually(async () => {
    const shown = await world.show(edited.id);
    expect(shown).toMatchObject({ version: 2, state: 'pending' });
    return shown;
  });
  const alice = { issuer: world.idp.issuer, subject: 'alice' };
  const marks = ['"alice"', ',alice,', 'Alice Adler', 'alice@example.test'];
  expect(await standingIn(marks)).toEqual(
    expect.arrayContaining([
      'approval_request: "alice"',
      'approval_vote: ,alice,',
      'approval_note: "alice"',
      'approval_version: "alice"',
      'approval_grant: "alice"',
    ]),
  );
  await erase(names.of(alice), Date.now());
  await settled();
  await eventually(async () => {
    const rows = await standingIn(marks);
    expect(rows).toEqual([]);
  });
  const { history } = await world.show(voted.id, 'bob');
  expect(history.find(({ kind }) => kind === 'voted')?.actor).toMatchObject({ name: 'erased' });

  // Back again: a vote of before and one of now are one person's, and an edit of before is still their own.
  expect((await world.vote('alice', voted, 'approve')).body).toMatchObject({ state: 'pending' });
  expect(codeOf(await world.vote('alice', next, 'approve'))).toEqual([409, 'approval.editor_excluded']);
  expect((await world.vote('bob', voted, 'approve')).body).toMatchObject({ state: 'approved' });
  // Erased once more, with a vote of each time.
  await erase(names.of(alice), Date.now());
  await settled();
  await eventually(async () => expect(await standingIn(marks)).toEqual([]));
  const { rows } = await world.database.query('select 1 from approval_vote where approval_id = $1', [
    voted.id,
  ]);
  expect(rows).toHaveLength(2);
  const erin = await world.call<{ voters?: unknown }>('erin', 'GET', '/v1/approvals/stats');
  expect(erin.status).toBe(200);
  expect(JSON.stringify(erin.body)).toContain('"name":"erased"');
}, 90_000);

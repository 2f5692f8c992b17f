import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { accessDenied, encodeEnvelope, requestReceived } from '#contracts';
import { noteVerifier, openCheckpoint, verifyConsistency, verifyExport, verifyInclusion } from '#ledger';
import { BodyStore, deadLetterHeaders, deadLetterSubject } from '#messaging';
import { contentLabel, SubjectNames, secretFiles } from '#sealing';
import { eventually } from '#testing';
import { Owners } from '../../../services/audit/personal/owners.ts';
import { facetOf } from '../../../services/audit/sessions/facets.ts';
import { openDatabase, verifyWhole } from './audit-ledger.ts';
import { type AuditWorld, contextOf, newRequestId, Play, startAuditWorld } from './audit-world.ts';

const settings = { AUDIT_CHECKPOINT_SECONDS: '0.5', AUDIT_PICK_UP_MINUTES: '1' };
let audit: AuditWorld;
let database: pg.Client;
beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startService('audit', settings);
  database = await openDatabase(audit);
});
afterAll(async () => {
  await database.end();
  await audit.stop();
});

const base64 = (text: string) => Buffer.from(text, 'base64');
const shownOnce = (user: string, id: string, outcome: string | null) =>
  eventually(async () => {
    const detail = await audit.show(user, id);
    expect(detail.outcome).toBe(outcome);
    return detail;
  });

describe('what a session shows', () => {
  test('an allowed request from door to door, with what was asked and answered', async () => {
    const prompt = '{"messages":[{"role":"user","content":"hello"}]}';
    const play = new Play(audit, 'dave', prompt);
    await play.allowed('{"answer":"write to [EMAIL]"}');
    const shown = await shownOnce('alice', play.id, 'answered');
    expect(shown.requester).toMatchObject({
      subject: 'dave',
      email: 'dave@example.test',
      groups: ['platform'],
    });
    expect(shown.versions.map(({ content }) => content)).toEqual([{ state: 'shown', text: prompt }]);
    expect(shown.answer).toMatchObject({
      content: { state: 'shown', text: '{"answer":"write to [EMAIL]"}' },
      findings: [{ entity: 'EMAIL', count: 1 }],
    });
    expect(shown.decisions).toMatchObject([
      { effect: 'released by rule', rules: ['demo-for-the-company'], revision: 'r1' },
    ]);
    expect(shown).toMatchObject({ promptTokens: 7, completionTokens: 9, held: false, edited: false });
    expect(shown.digests).toMatchObject({ received: play.digest, sent: play.digest });
    const steps = shown.steps.map(({ event }) => event).filter((event) => event !== 'content.read');
    expect(steps).toEqual(['request.received', 'request.released', 'request.completed']);
  });

  test('a held request: its matches, the edit, each vote with its reason, and the outcome', async () => {
    const play = new Play(audit, 'carol', '{"messages":[{"content":"the password"}]}');
    await play.received();
    await play.held();
    await play.justified('for the migration');
    await play.edited('alice', '{"messages":[{"content":"the passphrase"}]}');
    await play.held(2);
    await play.voted('alice', 'approve', 'fine now', 2);
    await play.released('people', 2);
    await play.completed('{"answer":1}', { version: 2, edited: true });
    const shown = await shownOnce('alice', play.id, 'answered');
    expect(shown).toMatchObject({ held: true, edited: true });
    expect(shown.versions).toMatchObject([
      {
        version: 1,
        by: { subject: 'carol' },
        content: { text: '{"messages":[{"content":"the password"}]}' },
      },
      {
        version: 2,
        by: { subject: 'alice' },
        content: { text: '{"messages":[{"content":"the passphrase"}]}' },
      },
    ]);
    expect(shown.votes).toMatchObject([
      { approver: { subject: 'alice' }, vote: 'approve', reason: { text: 'fine now' }, version: 2 },
    ]);
    expect(shown.decisions[0]).toMatchObject({
      effect: 'held',
      matches: [{ rule: 'contractors-sensitive-words', pointer: '/messages/0/content' }],
    });
    expect(shown.justification).toEqual({ state: 'shown', text: 'for the migration' });
    const { body: replay } = await audit.call('alice', `/v1/sessions/${play.id}/replay`);
    expect(replay.steps.map(({ kind }: { kind: string }) => kind).at(0)).toBe('prompt');
    // A release and a question name who asked; that isn't who did it.
    const doers = shown.steps.filter(({ event }) => /released|requested/.test(event)).map(({ by }) => by);
    expect(doers).toEqual([null, null, null]);
    expect(replay.steps.map(({ kind }: { kind: string }) => kind).at(-1)).toBe('completed');
  });

  test('a denied request: by which rule and revision, what matched, and where it would have gone', async () => {
    const play = new Play(audit, 'carol', '{"messages":[{"content":"forbidden"}]}');
    await play.received();
    const match = { rule: 'no', pointer: '/messages/0/content', start: 0, end: 9, condition: 'keyword' };
    const denied = { outcome: 'denied', status: 403, code: 'policy.denied', tail: 'none', usage: undefined };
    const timings = { receivedAt: play.context.receivedAt, completedAt: Date.now() };
    await play.completed('', { ...denied, timings, rules: ['no'], matches: [match], findings: [] });
    const shown = await shownOnce('alice', play.id, 'denied');
    expect(shown.connection).toBe('demo');
    expect(shown.decisions).toEqual([
      expect.objectContaining({ effect: 'denied', rules: ['no'], revision: 'r1', matches: [match] }),
    ]);
    const { body: replay } = await audit.call('alice', `/v1/sessions/${play.id}/replay`);
    expect(replay.steps.map(({ text }: { text: string }) => text)).toContain('denied: no');
  });

  test('a streamed answer is replayed frame by frame at its own time', async () => {
    const play = new Play(audit, 'dave', '{"stream":true}');
    await play.received();
    await play.released();
    await play.completed(
      JSON.stringify([
        [5, 'Hel'],
        [9, 'lo'],
      ]),
      { tail: 'transcript', stream: true, frames: 2 },
    );
    await shownOnce('alice', play.id, 'answered');
    const { body } = await audit.call('alice', `/v1/sessions/${play.id}/replay`);
    const answer = body.steps.filter(({ kind }: { kind: string }) => kind === 'answer');
    expect(answer).toEqual([
      { atMs: 5, kind: 'answer', text: 'Hel' },
      { atMs: 9, kind: 'answer', text: 'lo' },
    ]);
  });

  test('reading content is an event of its own; without content nothing is recorded', async () => {
    const play = new Play(audit, 'dave', '{"read":"me"}');
    await play.allowed();
    await shownOnce('alice', play.id, 'answered');
    const { body: bare } = await audit.call('bob', `/v1/sessions/${play.id}?content=false`);
    expect(bare.versions[0].content).toEqual({ state: 'withheld' });
    const readers = await eventually(async () => {
      const { body } = await audit.call('bob', `/v1/sessions/${play.id}?content=false`);
      const reads = body.steps.filter(({ event }: { event: string }) => event === 'content.read');
      expect(reads.length).toBeGreaterThan(0);
      return reads.map(({ by }: { by: { subject: string } }) => by.subject);
    });
    expect(new Set(readers)).toEqual(new Set(['alice']));
  });
});

describe('searching', () => {
  test('narrows by user, rule, outcome, entity and approver, and pages without repeating', async () => {
    const find = async (query: string) =>
      (await audit.call('alice', `/v1/sessions?${query}`)).body.items as { id: string; outcome: string }[];
    const play = new Play(audit, 'carol', '{"secret":"password"}');
    await play.received();
    await play.held();
    await play.voted('erin', 'reject', 'no');
    const ending = { outcome: 'rejected', status: 403, tail: 'reason' } as const;
    await play.completed(JSON.stringify({ reason: 'no' }), ending);
    const rejected = await eventually(async () => {
      const found = await find('outcome=rejected&approver=erin');
      expect(found).toHaveLength(1);
      return found;
    });
    expect(await find('user=carol&rule=contractors-sensitive-words&outcome=rejected')).toEqual(rejected);
    expect(await find('user=dave&outcome=rejected')).toEqual([]);
    expect((await find('entity=EMAIL&group=platform&connection=demo')).length).toBeGreaterThan(1);
    const all = await find('limit=200');
    const first = (await audit.call('alice', '/v1/sessions?limit=2')).body;
    const second = (await audit.call('alice', `/v1/sessions?limit=200&cursor=${first.next}`)).body;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });

  test('names of groups can not be tried on the index; what an older version wrote there is keyed later', async () => {
    const find = async () => {
      const { items } = (await audit.call('alice', '/v1/sessions?group=platform')).body;
      return items.map(({ id }: { id: string }) => id) as string[];
    };
    const count = async (where: string, ...values: string[]) =>
      Number((await database.query(`select count(*) from session where ${where}`, values)).rows[0].count);
    const secret = await readFile(join(audit.world.secrets.dirOf('audit'), secretFiles.subjectNames), 'utf8');
    const owners = new Owners(new SubjectNames(Buffer.from(secret.trim(), 'hex')));
    const plain = facetOf('group', 'platform');
    const keyed = facetOf('group', owners.ofGroup('platform'));
    const before = await find();
    expect(before.length).toBeGreaterThan(1);
    expect(await count('facets @> array[$1::bigint]', plain)).toBe(0);
    await audit.world.service('audit').kill();
    await database.query(
      `update session set has_keyed_groups = false, facets = array_replace(facets, $1::bigint, $2::bigint)`,
      [keyed, plain],
    );
    await audit.world.startService('audit', settings);
    await eventually(async () => expect(await count('not has_keyed_groups')).toBe(0));
    expect(await count('facets @> array[$1::bigint]', plain)).toBe(0);
    expect(await find()).toEqual(before);
  });
});

describe('the tree', () => {
  test('proves that a session is under a signed checkpoint, and that it only ever grew', async () => {
    const play = new Play(audit, 'dave', '{"prove":"me"}');
    await play.allowed();
    const shown = await eventually(async () => {
      const { body } = await audit.call('alice', `/v1/sessions/${play.id}?content=false`);
      expect(body.proof).toBeTruthy();
      return body;
    });
    const key = noteVerifier(shown.proof.key);
    const head = openCheckpoint(shown.proof.checkpoint, [key]);
    expect(shown.proof.entries).toHaveLength(3);
    for (const { index, leaf, path } of shown.proof.entries) {
      const claim = { index, size: head.size, leaf: base64(leaf), root: head.root };
      expect(verifyInclusion(claim, path.map(base64))).toBe(true);
    }
    const { body } = await audit.call('alice', '/v1/checkpoints?limit=1000');
    const notes = body.items.map(({ note }: { note: string }) => openCheckpoint(note, [key]));
    const [newest, oldest] = [notes[0], notes.at(-1)];
    const { body: proof } = await audit.call(
      'alice',
      `/v1/proofs/consistency?from=${oldest.size}&to=${newest.size}`,
    );
    const claim = { oldSize: oldest.size, oldRoot: oldest.root, newSize: newest.size, newRoot: newest.root };
    expect(verifyConsistency(claim, proof.path.map(base64))).toBe(true);
  });

  test('an export, whole or of one request, verifies with nothing but the public key; a changed one does not', async () => {
    const play = new Play(audit, 'carol', '{"export":"me"}');
    await play.allowed();
    const { report, lines, key } = await eventually(async () => {
      const found = await verifyWhole(audit);
      expect(found.lines).toContain(play.id);
      return found;
    });
    expect(report).toMatchObject({ isIntact: true, scope: 'complete', skipped: 0, problems: [] });
    const changed = lines.replace('"atMs":1', '"atMs":2');
    expect(changed).not.toBe(lines);
    const tampered = await verifyExport(
      (async function* () {
        yield Buffer.from(changed);
      })(),
      [key],
    );
    expect(tampered.firstBad).toMatchObject({ code: 'entry.changed', index: 0 });
    await shownOnce('alice', play.id, 'answered');
    const { report: one } = await eventually(async () => {
      const found = await verifyWhole(audit, `?request=${play.id}`);
      expect(found.report.entries).toBeGreaterThanOrEqual(3);
      return found;
    });
    expect(one).toMatchObject({ isIntact: true, scope: 'selection', problems: [] });
    expect(lines).not.toContain('export\\":\\"me');
  });

  test('a refusal without a request is recorded, and whom it names is not in the clear', async () => {
    const head = {
      ...{ service: 'ingress', code: 'token.invalid', address: '203.0.113.9', route: 'POST /v1' },
      ...{ issuer: audit.world.idp.issuer, subject: 'mallory-1', count: 1, since: 1, until: 2 },
    };
    const { sequence } = await audit.ingress.publish(accessDenied.subject(), encodeEnvelope(head));
    await eventually(async () => {
      const { rows } = await database.query('select * from entry where sequence = $1', [sequence]);
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(Object.values(rows[0]).map(String))).not.toMatch(/mallory-1|203\.0\.113\.9/);
    });
  });
});

describe('dead letters', () => {
  test('are listed and shown sealed; a retry goes to the service, but not for a request that has ended', async () => {
    const letter = async (play: Play, n: number) => {
      const head = encodeEnvelope({ requestId: play.id, context: play.context, n }, Buffer.from('sealed'));
      return audit.policy.publish(deadLetterSubject('policy'), head, {
        headers: {
          [deadLetterHeaders.subject]: 'evt.request.received.v1',
          [deadLetterHeaders.sequence]: String(n),
          [deadLetterHeaders.deliveries]: '5',
          [deadLetterHeaders.code]: 'exhausted',
        },
      });
    };
    const open = new Play(audit, 'dave', '{}');
    await open.received();
    const ended = new Play(audit, 'dave', '{}');
    await ended.allowed();
    await shownOnce('alice', ended.id, 'answered');
    const [first, second] = [await letter(open, 1), await letter(ended, 2)];
    const { body: list } = await audit.call('erin', '/v1/dead-letters?service=policy');
    expect(list.items).toMatchObject([
      { sequence: first.sequence, code: 'exhausted', requestId: open.id },
      { sequence: second.sequence, requestId: ended.id },
    ]);
    const { body: shown } = await audit.call('erin', `/v1/dead-letters/${first.sequence}`);
    expect(shown.head.context.principal).toBeNull();
    expect(shown.sealedBytes).toBe(6);
    const refused = await audit.call('erin', `/v1/dead-letters/${second.sequence}/retry`, { method: 'POST' });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'request.already_completed' } } });
    const taken = await audit.call('erin', `/v1/dead-letters/${first.sequence}/retry`, { method: 'POST' });
    expect(taken.status).toBe(202);
    const bus = await audit.world.bus('audit');
    const retry = await bus.readMessage({ lastOf: 'dead.policy.retry.v1' }, 'DEAD_LETTERS');
    expect(retry?.headers.get(deadLetterHeaders.sequence)).toBe('1');
  });
});

test('ingress can tell how far the ledger reaches', async () => {
  const { sequence } = await audit.ingress.publish(
    accessDenied.subject(),
    encodeEnvelope({ service: 'ingress', code: 'x', address: 'y', route: 'z', count: 1, since: 1, until: 1 }),
  );
  await eventually(async () => {
    const entry = await (await audit.ingress.bucket('config')).get('recorded');
    expect(entry?.json<{ sequence: number }>().sequence).toBeGreaterThanOrEqual(sequence);
  });
});

test('a body that is too large for an event is in the ledger when the object store has dropped it', async () => {
  const [id, prompt] = [newRequestId(), JSON.stringify({ text: 'large '.repeat(120_000) })];
  const name = `${id}.body.1`;
  const sealed = await audit.sealer.seal(
    audit.keyOf('dave'),
    contentLabel(id, 'body:1'),
    Buffer.from(prompt),
  );
  await new BodyStore(audit.ingress).put(name, sealed);
  const digest = createHash('sha256').update(prompt).digest('hex');
  const body = { digest, bytes: prompt.length, location: { in: 'store', name } };
  const head = requestReceived.schema.parse({ requestId: id, context: contextOf(audit, 'dave'), body });
  await audit.ingress.publish(requestReceived.subject(), encodeEnvelope(head), {
    messageId: `${id}:received`,
  });
  await eventually(async () => {
    const { rows } = await database.query('select state from kept_body where name = $1', [name]);
    expect(rows).toEqual([{ state: 'kept' }]);
  });
  const bus = await audit.world.bus('audit');
  const stored = await bus.readMessage({ lastOf: '$O.bodies.M.>' }, 'OBJ_bodies');
  const order = JSON.stringify({ seq: stored?.sequence, no_erase: false });
  const reply = await bus.nc.request('$JS.API.STREAM.MSG.DELETE.OBJ_bodies', order);
  expect(reply.json()).toMatchObject({ success: true });
  expect(await new BodyStore(audit.ingress).get(name)).toBeNull();
  const { versions } = await shownOnce('alice', id, null);
  expect(versions[0]?.content).toEqual({ state: 'shown', text: prompt });
});

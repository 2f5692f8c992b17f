import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type ApprovalDetail,
  approvalDecided,
  contentErased,
  contentHeld,
  type ErasureView,
  encodeEnvelope,
  type HoldView,
} from '#contracts';
import { noteVerifier, openNote, verifyExport } from '#ledger';
import { BodyStore } from '#messaging';
import { ContentErasedError, contentLabel, PeopleReleaseSigner } from '#sealing';
import { eventually, runSallyport } from '#testing';
import { eventsOf } from '../../policy/policy-world.ts';
import { openDatabase, verifyWhole } from '../audit-ledger.ts';
import { type AuditWorld, newRequestId, Play, startAuditWorld } from '../audit-world.ts';

let audit: AuditWorld;

beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startServices(['audit', 'approval']);
}, 120_000);
afterAll(() => audit.stop());

const post = <T>(user: string, path: string, body: object): Promise<{ status: number; body: T }> =>
  audit.call(user, path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const erase = (subject: string, user = 'erin') =>
  post<ErasureView & { error?: { code: string } }>(user, '/v1/erasures', { subject, reason: 'They asked.' });
const erasure = async (id: string): Promise<ErasureView> =>
  (await audit.call('erin', `/v1/erasures/${id}`)).body;
const until = (id: string, state: string) =>
  eventually(
    async () => {
      const view = await erasure(id);
      expect(view.state).toBe(state);
      return view;
    },
    { timeoutMs: 40_000 },
  );

async function approvals<T>(user: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${audit.world.urlOf('approval')}/v1/approvals/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await audit.world.tokenFor(user)}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const shown = (id: string, user = 'alice') =>
  eventually(async () => {
    const { status, body } = await approvals<ApprovalDetail>(user, id);
    expect(status).toBe(200);
    return body;
  });
async function vote(id: string, user: string, how: 'approve' | 'reject' = 'approve') {
  const { digest, version } = await shown(id);
  const cast = { vote: how, digest, version, ...(how === 'reject' && { reason: 'no' }) };
  return approvals<{ error?: { code: string } }>(user, `${id}/votes`, cast);
}
/** What a service keeps of a request of theirs outside of the ledger. */
async function keep(user: string, requestId: string): Promise<void> {
  const sealed = await audit.sealer.seal(
    audit.keyOf(user),
    contentLabel(requestId, 'body:1'),
    Buffer.from('kept'),
  );
  await new BodyStore(audit.ingress).put(`${requestId}.body.1`, sealed);
  await (await audit.masking.bucket('vault')).put(`${requestId}.1`, sealed);
}
async function played(user: string, prompt: string): Promise<Play> {
  const play = new Play(audit, user, prompt);
  await play.allowed();
  await eventually(async () => expect((await audit.show('alice', play.id)).outcome).toBe('answered'));
  return play;
}
const cli = (user: string, ...args: string[]) => runSallyport(audit.world, user, 'audit', ...args);

test('a person is erased once others agreed: content, keys, stored values, index; certified, and the rest verifies', async () => {
  const play = await played('bob', '{"forget":"me"}');
  const other = await played('dave', '{"keep":"me"}');
  await keep('bob', play.id);
  await keep('dave', other.id);
  const waiting = new Play(audit, 'bob', '{"still":"waits"}');
  await waiting.received();
  await waiting.held();
  const decided = new Play(audit, 'dave', '{"bob":"decides"}');
  await decided.received();
  await decided.held();
  await decided.voted('bob', 'approve');
  await eventually(async () =>
    expect((await audit.call('alice', '/v1/sessions?approver=bob')).body.items).toHaveLength(1),
  );
  const [who, label] = [audit.keyOf('bob'), contentLabel(play.id, 'later')];
  const sealed = await audit.sealer.seal(who, label, Buffer.from('clear'));

  const asked = await erase('bob');
  expect(asked).toMatchObject({
    status: 202,
    body: { state: 'waiting', groups: ['security'], certificate: null },
  });
  const { id, approval } = asked.body;
  expect((await erase('bob')).body.id).toBe(id);
  const seen = await shown(approval);
  const texts = seen.content.parts.flatMap(({ items }) =>
    items.map(({ name, segments }) => `${name}: ${segments.map(({ text }) => text).join('')}`),
  );
  expect(texts.join('\n')).toMatch(/person: bob/);
  expect(texts.join('\n')).toMatch(/They asked\./);
  expect((await vote(approval, 'erin')).body.error?.code).toBeDefined();
  // A service that opened content just now: nothing is gone while nobody agreed.
  expect((await audit.sealer.open(who, label, sealed)).toString()).toBe('clear');

  await audit.world.service('audit').kill();
  expect((await vote(approval, 'alice')).status).toBe(200);
  await audit.world.startService('audit');
  const done = await until(id, 'erased');
  const { body: key } = await audit.call(null, '/v1/key');
  const certificate = openNote(done.certificate!, [noteVerifier(key.key)]).text;
  expect(certificate).toContain(`${who} ${done.index}`);
  expect(certificate).toContain(id);
  expect(await (await audit.ingress.bucket('keys')).get(who)).toBeNull();
  await eventually(
    () => expect(audit.sealer.open(who, label, sealed)).rejects.toBeInstanceOf(ContentErasedError),
    { timeoutMs: 6000 },
  );

  const store = new BodyStore(audit.ingress);
  expect(await store.get(`${play.id}.body.1`)).toBeNull();
  expect(await store.get(`${other.id}.body.1`)).not.toBeNull();
  const vault = await audit.ingress.bucket('vault');
  expect(await vault.get(`${play.id}.1`)).toBeNull();
  expect(await vault.get(`${other.id}.1`)).not.toBeNull();
  const gone = await audit.show('alice', play.id);
  expect(gone.requester).toBeNull();
  expect(gone.versions[0]?.content).toEqual({ state: 'erased' });
  expect(gone.answer?.content).toEqual({ state: 'erased' });
  expect((await audit.call('alice', '/v1/sessions?user=bob')).body.items).toEqual([]);
  expect((await audit.call('alice', '/v1/sessions?approver=bob')).body.items).toEqual([]);
  expect((await audit.show('alice', other.id)).versions[0]?.content.text).toBe('{"keep":"me"}');
  expect((await shown(approval)).content.shown).toBe('erased');

  // Whoever comes back gets a new key; what was erased stays erased.
  const again = await played('bob', '{"back":"again"}');
  expect((await audit.show('alice', again.id)).versions[0]?.content.text).toBe('{"back":"again"}');
  await expect(audit.sealer.open(who, label, sealed)).rejects.toBeInstanceOf(ContentErasedError);
  expect((await audit.show('alice', play.id)).versions[0]?.content).toEqual({ state: 'erased' });
  // What still happens to what they asked before says nothing about them, also after a restart.
  await waiting.edited('alice', '{"changed":"by alice"}');
  await waiting.voted('alice', 'reject', undefined, 2);
  await eventually(async () => expect((await audit.show('alice', waiting.id)).votes).toHaveLength(1));
  await audit.world.service('audit').kill();
  await audit.world.startService('audit');
  // Approval ended it as erased: the first ending counts.
  await waiting.completed('', { outcome: 'rejected', status: 403, tail: 'none', usage: undefined });
  await eventually(async () => expect((await audit.show('alice', waiting.id)).outcome).toBe('failed'));
  const theirs = (await audit.call('alice', '/v1/sessions?user=bob')).body.items;
  expect(theirs.map((one: { id: string }) => one.id)).toEqual([again.id]);
  const counted = (await audit.call('alice', '/v1/reports?by=user')).body.lines;
  expect(counted.find((line: { key: string }) => line.key === who)).toMatchObject({ requests: 1 });
  const { report } = await eventually(async () => {
    const found = await verifyWhole(audit);
    expect(found.report.size).toBeGreaterThan(done.index!);
    return found;
  });
  expect(report).toMatchObject({ isIntact: true, problems: [] });
  expect(report.erasedValues).toBeGreaterThan(0);
  // So does what is exported of a request or a time of before: the erasure comes along.
  for (const query of [`request=${play.id}`, `from=2020-01-01&to=${done.askedAt}`]) {
    const { body } = await audit.call('alice', `/v1/export?${query}`);
    expect(body).toEqual(expect.any(String));
    const part = await verifyExport(Readable.from([Buffer.from(body)]), [key.key]);
    expect([query, part.problems]).toEqual([query, []]);
    expect(part.erasedValues).toBeGreaterThan(0);
  }
}, 120_000);

test('an approval is carried out once, also where its event stands in the log twice', async () => {
  const [first] = (await eventsOf(audit.ingress, contentErased)).slice(-1);
  const bus = await audit.world.bus('audit');
  const { sequence } = await bus.publish(contentErased.subject(), encodeEnvelope(first!));
  const database = await openDatabase(audit);
  await eventually(async () => {
    const { rows } = await database.query('select sequence from writer_state');
    expect(Number(rows[0].sequence)).toBeGreaterThanOrEqual(sequence);
  });
  const { rows } = await database.query('select count(*) from erasure where approval = $1', [
    first!.approval,
  ]);
  await database.end();
  expect(Number(rows[0].count)).toBe(1);
  expect(await (await audit.ingress.bucket('keys')).get(audit.keyOf('bob'))).not.toBeNull();
});

test('what people reject, and what approval did not sign, erases nobody', async () => {
  const play = await played('dave', '{"mine":"still"}');
  const { body: asked } = await erase('dave');
  const { digest, version } = await shown(asked.approval);
  const foreign = new PeopleReleaseSigner(
    (await import('node:crypto'))
      .generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  );
  const at = Date.now();
  const terms = {
    ...{ requestId: asked.id, version, gate: 'change' as const, digest, connection: 'audit' },
    ...{ upstreamModel: null, operation: 'content.erasure', obligations: {}, notAfter: at },
  };
  const forged = {
    ...{ kind: 'outcome', requestId: asked.id, version, gate: 'change', digest, outcome: 'approved' },
    ...{ subjectKey: audit.keyOf('dave'), signature: foreign.sign(terms), at },
  };
  await audit.approval.publish(approvalDecided.subject('change'), encodeEnvelope(forged), {
    messageId: randomBytes(8).toString('hex'),
  });
  expect((await vote(asked.approval, 'alice', 'reject')).status).toBe(200);
  await until(asked.id, 'rejected');
  const letters = (await audit.call('erin', '/v1/dead-letters?service=audit')).body.items;
  expect(letters).toMatchObject([{ code: 'poison', requestId: asked.id }]);
  expect((await audit.show('alice', play.id)).versions[0]?.content.text).toBe('{"mine":"still"}');
}, 60_000);

test('a legal hold on a person, a request of theirs or its time keeps them from being erased until it is lifted', async () => {
  const play = await played('carol', '{"evidence":"a"}');
  const day = 86_400_000;
  const bodies = [
    { subject: 'carol', reason: 'case 12' },
    { requestId: play.id, reason: 'case 12' },
    { period: { from: String(Date.now() - day), to: String(Date.now() + day) }, reason: 'case 12' },
  ];
  for (const body of bodies) {
    const { status, body: hold } = await post<HoldView>('alice', '/v1/holds', body);
    expect(status).toBe(201);
    expect(hold.details).toMatchObject({ by: { subject: 'alice' }, reason: 'case 12' });
    const refused = await erase('carol');
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'audit.legal_hold' } } });
    expect((await post('alice', `/v1/holds/${hold.id}/lift`, { reason: 'over' })).status).toBe(403);
    expect((await post('erin', `/v1/holds/${hold.id}/lift`, { reason: 'over' })).status).toBe(200);
    expect((await post('erin', `/v1/holds/${hold.id}/lift`, { reason: 'over' })).status).toBe(404);
  }
  // One that comes after people agreed keeps the key as well.
  const { body: asked } = await erase('carol');
  const { body: late } = await post<HoldView>('alice', '/v1/holds', bodies[0]!);
  expect((await vote(asked.approval, 'alice')).status).toBe(200);
  expect(await until(asked.id, 'held')).toMatchObject({ holds: [late.id], certificate: null });
  expect((await audit.show('alice', play.id)).versions[0]?.content.text).toBe('{"evidence":"a"}');
  expect((await post('erin', `/v1/holds/${late.id}/lift`, { reason: 'over' })).status).toBe(200);
  await until(asked.id, 'erased');
  const events = await eventsOf(audit.ingress, contentHeld);
  expect(events.map(({ held, scope }) => `${scope} ${held}`)).toEqual([
    ...['person', 'request', 'period', 'person'].flatMap((scope) => [`${scope} true`, `${scope} false`]),
  ]);
}, 90_000);

test('holds and erasures are asked for, listed and ended on the command line', async () => {
  const id = newRequestId();
  const added = await cli('alice', 'hold', 'add', '--request', id, '--reason', 'case 13', '--json');
  expect(added).toMatchObject({ code: 0 });
  const hold: HoldView = JSON.parse(added.out);
  expect((await cli('alice', 'hold', 'list')).out).toMatch(new RegExp(`${hold.id}  request ${id}.*case 13`));
  const lifted = await cli('erin', 'hold', 'lift', hold.id, '--reason', 'over');
  expect(lifted).toMatchObject({ code: 0, out: `lifted ${hold.id}\n` });
  const asked = await cli('erin', 'erase', '--subject', 'nobody-yet', '--reason', 'They asked.');
  expect(asked.out).toMatch(/^req-[0-9a-f]{32}\.change {2}waiting {2}[0-9a-f]{32} {2}asked of security\n$/);
  const approval = asked.out.split('  ')[0]!;
  expect((await vote(approval, 'alice')).status).toBe(200);
  await until(approval.replace('.change', ''), 'erased');
  const certificate = await cli('erin', 'erasures', approval, '--certificate');
  expect(certificate.out).toMatch(/^sallyport\/erasure\/1\nsallyport\n/);
}, 240_000);

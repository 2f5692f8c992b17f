import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ApprovalDetail,
  ApprovedEntry,
  approvalDecided,
  approvalEdited,
  approvalRequested,
  buckets,
  RunEntry,
  requestCompleted,
  requestReleased,
} from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import {
  type ApprovalWorld,
  codeOf,
  complete,
  releaseOf,
  releasesOf,
  startApprovalWorld,
  textsOf,
} from './approval-world.ts';

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld();
});
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

const release = (id: string) => releaseOf(world, id);
/** The keys under which approving a request opens its conversation. */
const approvesOf = async (id: string) => {
  const [asked] = await world.events(approvalRequested, id);
  return asked?.head.conversation.approves ?? [];
};
const post = <T = ApprovalDetail>(user: string, id: string, verb: string, body: object) =>
  world.call<T>(user, 'POST', `/v1/approvals/${id}/${verb}`, body);

describe('an approval', () => {
  test('releases exactly what was shown: signed, with a running claim, after the vote is in the log', async () => {
    const seen = await world.hold('what is the password?');
    expect(seen).toMatchObject({ state: 'pending', version: 1, you: { mayDecide: true } });
    const { status, body } = await world.vote('alice', seen, 'approve');
    expect({ status, state: body.state }).toEqual({ status: 200, state: 'approved' });
    const { head, tail, subject } = await release(seen.id);
    expect(subject).toBe(requestReleased.subject('people', 'demo'));
    expect(head.terms).toMatchObject({ requestId: seen.id, digest: seen.digest, gate: 'prompt', version: 1 });
    expect(world.verifier.verify(head.terms, head.signature)).toBe(true);
    const clear = await world.sealer.open(head.subjectKey, contentLabel(seen.id, 'body:1'), tail);
    expect(JSON.parse(clear.toString()).messages[0].content).toBe('what is the password?');
    const decided = await world.events(approvalDecided, seen.id);
    expect(decided.map((event) => event.head.kind)).toEqual(['vote', 'outcome']);
    await world.claim(seen.id);
    await world.until(seen.id, 'running');
    await complete(world, seen.id, 'answered');
    await world.until(seen.id, 'done');
  });

  test('of a body too large to carry names the event that holds it', async () => {
    const seen = await world.hold(`the password ${'x'.repeat(20_000)}`);
    expect(textsOf(seen)).toContain('x'.repeat(20_000));
    await world.vote('alice', seen, 'approve');
    const { head, tail } = await release(seen.id);
    expect(tail).toHaveLength(0);
    expect(head.body.location).toMatchObject({ in: 'stream' });
  });

  test('is one outcome and one release, however many vote at once', async () => {
    const seen = await world.hold('one password for many');
    const votes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        world.vote(
          index % 2 === 0 ? 'alice' : 'bob',
          seen,
          index % 5 === 4 ? 'reject' : 'approve',
          'because',
        ),
      ),
    );
    expect(votes.filter(({ status }) => ![200, 409].includes(status))).toEqual([]);
    await eventually(async () => {
      const outcomes = (await world.events(approvalDecided, seen.id)).filter(
        ({ head }) => head.kind === 'outcome',
      );
      expect(outcomes).toHaveLength(1);
    });
    const { state } = await world.show(seen.id);
    const released = await releasesOf(world, seen.id);
    const completed = await world.events(requestCompleted, seen.id);
    expect([released.length, completed.length]).toEqual(state === 'approved' ? [1, 0] : [0, 1]);
  });

  test('said twice by the same person stays one vote', async () => {
    const seen = await world.hold('the same password twice');
    const first = await world.vote('alice', seen, 'approve');
    const again = await world.vote('alice', seen, 'approve');
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body.history.filter(({ kind }) => kind === 'voted')).toHaveLength(1);
  });

  test('opens the conversation: the same prompt is not held again', async () => {
    const seen = await world.hold('a password in turn one');
    await world.vote('alice', seen, 'approve');
    await eventually(async () => {
      const bucket = await world.masking.bucket('runs');
      expect(await bucket.get(`${seen.id}.prompt.1`)).not.toBeNull();
    });
    const again = await world.receive('a password in turn one');
    const { subject } = await release(again);
    expect(subject).toBe(requestReleased.subject('rule', 'demo'));
  });

  test('opens no conversation by what only stands in the bucket: approval signs what people approved', async () => {
    const forms = ['unsigned', 'borrowed', 'longer'].map((form) => `a password, ${form}`);
    const approved = await (await world.bus('approval')).bucket(buckets.approved);
    const opened = await world.hold('a password that people approve');
    await world.vote('alice', opened, 'approve');
    const genuine = await eventually(async () => {
      const found = await approved.get((await approvesOf(opened.id))[0] as string);
      return ApprovedEntry.parse(found?.json());
    });
    const seen = await Promise.all(forms.map((text) => world.hold(text)));
    const { signature, ...plain } = genuine;
    const expiresAt = genuine.expiresAt + 1;
    const forged = [plain, genuine, { ...plain, signature, expiresAt }];
    for (const [n, { id }] of seen.entries()) {
      for (const key of await approvesOf(id)) await approved.put(key, JSON.stringify(forged[n]));
    }
    // A genuine one that comes later is heard of later: by then policy looked at those.
    const last = await world.hold('a password at last');
    await world.vote('alice', last, 'approve');
    await eventually(async () => {
      expect(await approved.get((await approvesOf(last.id))[0] as string)).not.toBeNull();
    });
    await eventually(async () => {
      const { subject } = await release(await world.receive('a password at last'));
      expect(subject).toBe(requestReleased.subject('rule', 'demo'));
    });
    for (const text of forms) expect((await world.hold(text)).state).toBe('pending');
  });
});

describe('a rejection', () => {
  test('ends the request with the reason, sealed, and is never a release', async () => {
    const seen = await world.hold('give me a password');
    const { body } = await world.vote('bob', seen, 'reject', 'not today');
    expect(body.state).toBe('rejected');
    const { head, tail } = await world.completion(seen.id);
    expect(head).toMatchObject({
      outcome: 'rejected',
      status: 403,
      code: 'approval.rejected',
      tail: 'reason',
    });
    const reason = await world.sealer.open(head.subjectKey, contentLabel(seen.id, 'reason'), tail);
    expect(JSON.parse(reason.toString())).toEqual({ reason: 'not today' });
    expect(body.history).toContainEqual(expect.objectContaining({ kind: 'voted', text: 'not today' }));
    expect(await releasesOf(world, seen.id)).toEqual([]);
  });

  test('of many at once takes what a filter names, and only what this person may decide', async () => {
    const mine = await world.hold('bulk password one', { user: 'dave' });
    const own = await world.hold('bulk password two', { user: 'alice' });
    const many = { reason: 'cleaning up', rule: 'secrets' };
    const { body } = await world.call<{ rejected: string[]; skipped: string[] }>(
      ...(['alice', 'POST', '/v1/approvals/reject', many] as const),
    );
    expect(body.rejected).toContain(mine.id);
    expect(body.skipped).toContain(own.id);
    expect((await world.show(own.id, 'bob')).state).toBe('pending');
    expect(codeOf(await world.call('alice', 'POST', '/v1/approvals/reject', { reason: 'all' }))).toEqual([
      ...[400, 'request.invalid'],
    ]);
  });
});

describe('an edit', () => {
  const change = (seen: ApprovalDetail, content: string, rest: object = {}) => ({
    ...{ digest: seen.digest, version: seen.version },
    edits: [{ op: 'replace', pointer: '/messages/0/content', value: content }],
    ...rest,
  });

  test('passes policy again, voids what was seen before, and runs as edited', async () => {
    const seen = await world.hold('tell me the password of the server');
    const { status, body } = await post(
      'alice',
      seen.id,
      'edits',
      change(seen, 'how do I reset a password?'),
    );
    expect([status, body.version]).toEqual([200, 2]);
    const again = await world.until(seen.id, 'pending');
    expect(again.version).toBe(2);
    expect(again.edits).toMatchObject([
      {
        version: 2,
        editor: { subject: 'alice' },
        differences: [
          {
            pointer: '/messages/0/content',
            before: 'tell me the password of the server',
            after: 'how do I reset a password?',
          },
        ],
      },
    ]);
    expect(codeOf(await world.vote('bob', seen, 'approve'))).toEqual([409, 'approval.outdated']);
    await world.vote('bob', again, 'approve');
    const { head, tail } = await release(seen.id);
    expect(head.terms).toMatchObject({ version: 2, digest: again.digest });
    const clear = await world.sealer.open(head.subjectKey, contentLabel(seen.id, 'body:2'), tail);
    expect(JSON.parse(clear.toString()).messages[0].content).toBe('how do I reset a password?');
  });

  test('approved in the same call is released once policy held it again, also where no rule holds it any more', async () => {
    const seen = await world.hold('my password is hunter2');
    await post('alice', seen.id, 'edits', change(seen, 'something harmless', { approve: true }));
    const { head } = await release(seen.id);
    expect(head.terms.version).toBe(2);
    const [edited] = await world.events(approvalEdited, seen.id);
    expect(edited?.head).toMatchObject({ version: 2, previousDigest: seen.digest });
    expect((await world.show(seen.id)).history.map(({ kind }) => kind)).toEqual([
      ...['requested', 'edited', 'voted', 'held_again', 'ended'],
    ]);
  });

  test('can not escape a deny', async () => {
    const seen = await world.hold('which password opens it');
    await post('alice', seen.id, 'edits', change(seen, 'how to get plutonium', { approve: true }));
    const { head } = await world.completion(seen.id);
    expect(head).toMatchObject({ outcome: 'denied', version: 2 });
    await world.until(seen.id, 'denied');
    expect(await releasesOf(world, seen.id)).toEqual([]);
  });

  test.each([
    ['a pointer that is not there', { edits: [{ op: 'replace', pointer: '/nothing', value: 1 }] }],
    ['a body that the protocol refuses', { body: '{"model":"demo","messages":"none"' }],
    ['another form of answer', { edits: [{ op: 'add', pointer: '/stream', value: true }] }],
    ['redactions, which are for answers', { redactions: [{ text: 'password' }] }],
  ])('with %s is refused and changes nothing', async (_, what) => {
    const seen = await world.hold('an edit of a password that fails');
    const { digest, version } = seen;
    const answer = await post('alice', seen.id, 'edits', { digest, version, ...what });
    expect(codeOf(answer)).toEqual([400, 'approval.invalid_edit']);
    expect(await world.show(seen.id)).toMatchObject({ state: 'pending', version: 1, digest });
  });
});

describe('refused and explained', () => {
  test('the requester, though in the approving group', async () => {
    const id = await world.receive('my own password', { user: 'alice' });
    const seen = await eventually(() => world.show(id, 'bob'));
    expect(codeOf(await world.vote('alice', seen, 'approve'))).toEqual([403, 'approval.requester_excluded']);
    expect((await world.show(id, 'alice')).you).toMatchObject({
      mayDecide: false,
      code: 'approval.requester_excluded',
    });
  });

  test('someone of another group, who does not even learn that it exists', async () => {
    const seen = await world.hold('not for platform: password');
    expect(codeOf(await world.call('dave', 'GET', `/v1/approvals/${seen.id}`))).toEqual([
      404,
      'approval.not_found',
    ]);
    expect(codeOf(await world.vote('dave', seen, 'approve'))).toEqual([404, 'approval.not_found']);
    expect((await world.list('', 'dave')).items).toEqual([]);
  });

  test('someone without the role, and nobody at all', async () => {
    const seen = await world.hold('password for erin');
    expect(codeOf(await world.vote('erin', seen, 'approve'))).toEqual([403, 'access.forbidden']);
    const bare = await fetch(`${world.urlOf('approval')}/v1/approvals`);
    expect(bare.status).toBe(401);
  });

  test('a service account, though its token names the group', async () => {
    const seen = await world.hold('password for a robot');
    const token = await world.idp.mint({
      user: 'robot',
      groups: ['security'],
      claims: { client_id: 'robot' },
    });
    const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${seen.id}/votes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ vote: 'approve', digest: seen.digest, version: 1 }),
    });
    expect(codeOf({ status: response.status, body: await response.json() })).toEqual([
      ...[403, 'approval.people_only'],
    ]);
    expect((await world.show(seen.id)).state).toBe('pending');
  });

  test('someone just removed from the group', async () => {
    const seen = await world.hold('password and a group');
    const token = await world.idp.mint({ user: 'alice', claims: { groups: ['platform'] } });
    const response = await fetch(`${world.urlOf('approval')}/v1/approvals/${seen.id}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(404);
  });

  test('another digest, a rejection without reason, a vote after the end', async () => {
    const seen = await world.hold('the wrong digest of a password');
    const outdated = { ...seen, digest: 'f'.repeat(64) };
    expect(codeOf(await world.vote('alice', outdated, 'approve'))).toEqual([409, 'approval.outdated']);
    expect(codeOf(await world.vote('alice', seen, 'reject'))).toEqual([400, 'approval.reason_required']);
    await world.vote('alice', seen, 'reject', 'no');
    expect(codeOf(await world.vote('bob', seen, 'approve'))).toEqual([409, 'approval.already_decided']);
  });
});

describe('taking an approval back', () => {
  test('works until it runs, and the release is not run then', async () => {
    const seen = await world.hold('revoke this password');
    await world.vote('alice', seen, 'approve');
    await release(seen.id);
    const { status, body } = await post('bob', seen.id, 'revoke', { reason: 'wait' });
    expect([status, body.state]).toEqual([200, 'revoked']);
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    expect(RunEntry.parse(entry?.json()).state).toBe('revoked');
    expect((await world.completion(seen.id)).head).toMatchObject({ outcome: 'rejected', tail: 'reason' });
  });

  test('is refused once it runs; stopping is not', async () => {
    const seen = await world.hold('run this password');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id);
    expect(codeOf(await post('bob', seen.id, 'revoke', { reason: 'wait' }))).toEqual([
      ...[409, 'approval.already_decided'],
    ]);
    await world.until(seen.id, 'running');
    expect((await post('bob', seen.id, 'stop', { reason: 'too long' })).body.state).toBe('stopped');
    // Nobody's lease lasts, so nobody else would say so.
    expect((await world.completion(seen.id)).head).toMatchObject({ outcome: 'rejected', tail: 'reason' });
  });

  test('takes nothing back where the ending comes first', async () => {
    const seen = await world.hold('a password whose answer comes first');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id, 1, Date.now() + 120_000);
    await world.until(seen.id, 'running');
    await world.database.query('begin');
    await world.database.query('select 1 from approval_request where id = $1 for update', [seen.id]);
    const stopping = post('bob', seen.id, 'stop', { reason: 'too late' });
    await eventually(async () => {
      const { rows } = await world.database.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock'`,
      );
      expect(rows).not.toEqual([]);
    });
    await world.database.query(`update approval_request set state = 'done' where id = $1`, [seen.id]);
    await world.database.query('commit');
    expect(codeOf(await stopping)).toEqual([409, 'approval.already_decided']);
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    expect(RunEntry.parse(entry?.json()).state).toBe('claimed');
  });

  test('leaves the ending to the one who runs it, and takes the first one in the log', async () => {
    const seen = await world.hold('stop this password late');
    await world.vote('alice', seen, 'approve');
    await world.claim(seen.id, 1, Date.now() + 120_000);
    await world.until(seen.id, 'running');
    const stopped = await post('bob', seen.id, 'stop', { reason: 'too late' });
    expect(stopped.body.state).toBe('stopped');
    const entry = await (await world.masking.bucket('runs')).get(`${seen.id}.prompt.1`);
    const { state, reason = '', claimedBy } = RunEntry.parse(entry?.json());
    expect([state, claimedBy]).toEqual(['revoked', 'masking-1']);
    const { rows } = await world.database.query(
      'select subject_key as key from approval_request where id = $1',
      [seen.id],
    );
    const label = contentLabel(seen.id, 'reason');
    const opened = await world.sealer.open(rows[0].key, label, Buffer.from(reason, 'base64'));
    expect(JSON.parse(opened.toString())).toEqual({ reason: 'too late' });
    expect(await world.events(requestCompleted, seen.id)).toEqual([]);
    await complete(world, seen.id, 'answered');
    await world.until(seen.id, 'done');
    expect(await world.events(requestCompleted, seen.id)).toHaveLength(1);
  });
});

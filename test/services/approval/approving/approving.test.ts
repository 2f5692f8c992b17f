import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApprovedEntry, approvalDecided, buckets, requestCompleted, requestReleased } from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { codeOf, complete, releasesOf, textsOf } from '../approval-world.ts';
import './edit.cases.ts';
import './refused.cases.ts';
import './taken-back.cases.ts';
import { approvesOf, closeWorld, openWorld, release, world } from './one-world.ts';

beforeAll(openWorld);
afterAll(closeWorld);

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

import { describe, expect, test } from '@jest/globals';
import { type ApprovalDetail, approvalEdited } from '#contracts';
import { contentLabel } from '#sealing';
import { codeOf, releasesOf } from '../approval-world.ts';
import { post, release, world } from './one-world.ts';

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

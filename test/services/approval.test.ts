import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approvalDecided, approvalEdited, requestReleased } from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { type ApprovalWorld, complete, releasesOf, startApprovalWorld } from './approval-world.ts';

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld();
});
afterAll(async () => {
  await world?.database.end();
  await world?.stop();
});

describe('an approval', () => {
  test('releases exactly what was shown: signed, with a running claim, after the vote is in the log', async () => {
    const seen = await world.hold('what is the password?');
    expect(seen).toMatchObject({
      state: 'pending',
      version: 1,
      rules: ['secrets', 'all'],
      you: { mayDecide: true },
    });
    const { status, body } = await world.vote('alice', seen, 'approve');
    expect({ status, state: body.state }).toEqual({ status: 200, state: 'approved' });
    const [release] = await eventually(async () => {
      const found = await releasesOf(world, seen.id);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(release?.subject).toBe(requestReleased.subject('people', 'demo'));
    expect(release?.head.terms).toMatchObject({
      requestId: seen.id,
      digest: seen.digest,
      gate: 'prompt',
      version: 1,
    });
    expect(world.verifier.verify(release!.head.terms, release!.head.signature)).toBe(true);
    const clear = await world.sealer.open(
      release!.head.subjectKey,
      contentLabel(seen.id, 'body:1'),
      release!.tail,
    );
    expect(JSON.parse(clear.toString()).messages[0].content).toBe('what is the password?');
    const decided = await world.events(approvalDecided, seen.id);
    expect(decided.map(({ head }) => head.kind)).toEqual(['vote', 'outcome']);
    await world.claim(seen.id);
    await world.until(seen.id, 'running');
    await complete(world, seen.id, 'answered');
    await world.until(seen.id, 'done');
  });
});

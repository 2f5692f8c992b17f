import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ApprovalDetail, approvalRequested, encodeEnvelope, requestCancelled } from '#contracts';
import { eventually } from '#testing';
import { expectOneOutcome } from './one-outcome.ts';
import { restart, slow, world } from './one-world.ts';

type Step =
  | { do: 'vote'; user: 'alice' | 'bob' | 'carol' | 'dave'; vote: 'approve' | 'reject'; stale: boolean }
  | { do: 'edit'; user: 'alice' | 'bob'; approve: boolean; text: string }
  | { do: 'repeat' }
  | { do: 'cancel' }
  | { do: 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('vote' as const),
      user: fc.constantFrom('alice', 'bob', 'carol', 'dave'),
      vote: fc.constantFrom('approve', 'approve', 'reject'),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      user: fc.constantFrom('alice', 'bob'),
      approve: fc.boolean(),
      text: fc.constantFrom('harmless', 'twofold again', 'a password again'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);

async function take(action: Step, first: ApprovalDetail): Promise<void> {
  const { id } = first;
  const now = await world.show(id, 'erin');
  switch (action.do) {
    case 'vote':
      await world.vote(action.user, action.stale ? first : now, action.vote, 'as the property says');
      return;
    case 'edit': {
      const { digest, version } = now;
      const edits = [{ op: 'replace', pointer: '/messages/0/content', value: `${action.text} v${version}` }];
      const body = { digest, version, edits, approve: action.approve };
      await world.call(action.user, 'POST', `/v1/approvals/${id}/edits`, body);
      return;
    }
    case 'repeat': {
      // The broker delivers a message again: the same event, stored twice.
      const [held] = await world.events(approvalRequested, id);
      const policy = await world.bus('policy');
      await policy.publish(approvalRequested.subject(), encodeEnvelope(held!.head, held!.tail));
      return;
    }
    case 'cancel':
      await world.ingress.publish(
        requestCancelled.subject(),
        encodeEnvelope({ requestId: id, reason: 'requester', at: Date.now() }),
      );
      return;
    case 'crash':
      return restart();
    default:
      return action satisfies never;
  }
}

describe('no sequence of votes, edits, repetitions, cancellations and crashes', () => {
  test('gives a release without its requirement, two outcomes, or a lost request', async () => {
    const numRuns = process.env.LONG === '1' ? 60 : 6;
    let count = 0;
    const property = fc.asyncProperty(
      fc.constantFrom('twofold', 'password'),
      fc.array(step, { minLength: 1, maxLength: 7 }),
      async (word, steps) => {
        const first = await world.hold(`${word} of run ${count++} ${Date.now()}`);
        for (const action of steps) await take(action, first);
        await finish(first.id);
        await expectOneOutcome(first.id);
      },
    );
    await fc.assert(property, { numRuns, endOnFailure: true });
  }, 240_000);
});

/** Rejects what is still open once nothing is on its way any more. */
async function finish(id: string): Promise<void> {
  await eventually(async () => {
    const now = await world.show(id, 'erin');
    if (now.state === 'pending') {
      await world.vote('alice', now, 'reject', 'end');
      await world.vote('bob', now, 'reject', 'end');
    }
    expect(['pending', 'rechecking']).not.toContain((await world.show(id, 'erin')).state);
  }, slow);
}

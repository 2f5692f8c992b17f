import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ApprovalDetail,
  type ApprovalRequirement,
  approvalDecided,
  approvalRequested,
  encodeEnvelope,
  requestCancelled,
  requestCompleted,
} from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually, runSallyport } from '#testing';
import { detailText } from '../../../cli/approvals/text.ts';
import { outcomeOf } from '../../../services/approval/deciding/decision/quorum.ts';
import { detailPage } from '../../../services/approval/page/views/request/detail-view.ts';
import { type ApprovalWorld, releasesOf, startApprovalWorld } from './approval-world.ts';

const rules = [
  { name: 'all', match: { connections: ['demo'] }, effect: 'allow' },
  { name: 'one', prompt: { keywords: ['password'] }, effect: 'hold', approval: { all: { security: 1 } } },
  {
    name: 'two',
    prompt: { keywords: ['twofold'] },
    effect: 'hold',
    approval: { all: { security: 2 }, denyThreshold: 2 },
  },
  {
    name: 'short',
    prompt: { keywords: ['hurry'] },
    effect: 'hold',
    approval: { all: { security: 1 }, expiresIn: '2s' },
  },
];

let world: ApprovalWorld;
beforeAll(async () => {
  world = await startApprovalWorld({ rules });
});
afterAll(async () => {
  await world?.database.end().catch(() => undefined);
  await world?.stop();
});

const slow = { timeoutMs: 30_000 };
/** What an approver's browser gets. */
const pageOf = (detail: ApprovalDetail): string => {
  const person = { kind: 'person' as const, issuer: world.idp.issuer, subject: 'bob', groups: [], roles: [] };
  return detailPage({ viewer: { person, formToken: '' }, detail, now: Date.now() });
};
const restart = async (): Promise<void> => {
  await world.service('approval').kill();
  await world.startService('approval');
};

describe('after a kill', () => {
  test('a vote that was counted is released once, though the broker was away when it was cast', async () => {
    const seen = await world.hold('a password before the crash');
    await world.stopNats('kill');
    const { status } = await world.vote('alice', seen, 'approve');
    expect(status).toBe(200);
    await world.service('approval').kill();
    await world.startNatsAgain();
    await world.startService('approval');
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
    await restart();
    await world.until(seen.id, 'approved');
    expect(await releasesOf(world, seen.id)).toHaveLength(1);
  });

  test('a deadline that passed meanwhile is applied after the start, and is never a release', async () => {
    const seen = await world.hold('hurry up');
    await world.service('approval').kill();
    await eventually(() => expect(Date.now()).toBeGreaterThan(seen.expiresAt));
    await world.startService('approval');
    const { head } = await world.completion(seen.id);
    expect(head).toMatchObject({ outcome: 'expired', status: 403, code: 'approval.expired' });
    expect((await world.vote('alice', seen, 'approve')).status).toBe(409);
    expect(await releasesOf(world, seen.id)).toEqual([]);
  });

  test('what was held while approval was down is taken in', async () => {
    await world.service('approval').kill();
    const id = await world.receive('a password for nobody yet');
    await world.startService('approval');
    await eventually(() => world.show(id), slow);
  });
});

describe('without the broker for longer than keys are remembered', () => {
  test('a vote counts, and its answer has everything but the content, which is named unavailable', async () => {
    const first = await world.hold('a password that is changed');
    const edit = { digest: first.digest, version: 1, approve: false, reason: 'say less' };
    const edits = [{ op: 'replace', pointer: '/messages/0/content', value: 'another password' }];
    await world.call('alice', 'POST', `/v1/approvals/${first.id}/edits`, { ...edit, edits });
    const { id } = await eventually(async () => {
      const edited = await world.show(first.id);
      expect(edited).toMatchObject({ state: 'pending', version: 2 });
      return edited;
    }, slow);
    const unasked = await world.hold('another password, approved blindly');
    await world.stopNats('kill');
    const closed = await eventually(async () => {
      const shown = await world.show(id);
      expect(shown.content.shown).toBe('unavailable');
      return shown;
    }, slow);
    expect((await world.list()).items.map((item) => item.id)).toContain(id);
    expect(pageOf(closed)).toContain("What isn't shown can't be approved.");
    const blind = await runSallyport(world, 'bob', 'approvals', 'approve', unasked.id);
    expect([blind.code, blind.error]).toEqual([1, expect.stringContaining('service.unavailable')]);

    const { status, body } = await world.vote('bob', closed, 'approve');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'approved',
      content: { shown: 'unavailable', bytes: closed.content.bytes, parts: [] },
      edits: [{ version: 2, differences: [], unreadable: 'unavailable' }],
    });
    expect(body.history).toContainEqual(
      expect.objectContaining({ kind: 'edited', text: null, unreadable: 'unavailable' }),
    );
    for (const shown of [pageOf(body), detailText(body, Date.now())]) {
      expect(shown).toMatch(/content can(’|'|&#39;)t be opened right now|It can&#39;t be opened right now/i);
      expect(shown).toMatch(/\(can('|&#39;)t be opened right now\)/);
      expect(shown).not.toContain('erased');
    }

    await world.startNatsAgain();
    await eventually(async () => {
      const shown = await world.show(id);
      expect(shown.content.shown).toBe('clear');
      expect(shown.edits).toMatchObject([{ differences: [{ after: 'another password' }] }]);
      expect(shown.history).toContainEqual(expect.objectContaining({ kind: 'edited', text: 'say less' }));
    }, slow);
    await eventually(async () => expect(await releasesOf(world, id)).toHaveLength(1), slow);
    expect((await world.show(unasked.id)).state).toBe('pending');
  });
});

describe('without Postgres', () => {
  test('votes are told to come back, and what arrives meanwhile waits without counting a delivery', async () => {
    const seen = await world.hold('a password without a database');
    await world.stopPostgres();
    const refused = await world.vote('alice', seen, 'approve');
    expect([refused.status, (refused.body as unknown as { error: { code: string } }).error.code]).toEqual([
      ...[503, 'service.unavailable'],
    ]);
    const meanwhile = await world.receive('another password without a database');
    await world.startPostgresAgain();
    await eventually(() => world.show(meanwhile), slow);
    expect((await world.vote('alice', seen, 'approve')).status).toBe(200);
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
  });
});

describe('two replicas', () => {
  let second: RunningProcess;
  let first: RunningProcess;
  let port: number;
  beforeAll(async () => {
    first = world.service('approval');
    port = await freePort();
    second = await world.startService('approval', {
      SALLYPORT_APPROVAL_PORT: String(port),
      SALLYPORT_INSTANCE: 'approval-2',
    });
    const ready = async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await eventually(ready, slow);
  });
  afterAll(async () => {
    await first.stop();
    await second.stop();
    await world.startService('approval');
  });

  test('50 votes at once on both of them lead to one outcome', async () => {
    const seen = await world.hold('two replicas and a password');
    const urls = [world.urlOf('approval'), `http://127.0.0.1:${port}`];
    const tokens = { alice: await world.tokenFor('alice'), bob: await world.tokenFor('bob') };
    const votes = Array.from({ length: 50 }, (_, index) => ({
      url: urls[index % 2],
      token: index % 4 < 2 ? tokens.alice : tokens.bob,
      vote: index % 3 === 0 ? 'reject' : 'approve',
    }));
    const statuses = await Promise.all(
      votes.map(async ({ url, token, vote }) => {
        const body = { vote, digest: seen.digest, version: seen.version, reason: 'at once' };
        const response = await fetch(`${url}/v1/approvals/${seen.id}/votes`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    await expectOneOutcome(seen.id);
  });

  test('a kill of the one that relays leaves nothing unsaid', async () => {
    const seen = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.hold(`relay password ${index}`)),
    );
    await Promise.all(seen.map((detail) => world.vote('alice', detail, 'approve')));
    await first.kill();
    for (const { id } of seen) {
      await eventually(async () => expect(await releasesOf(world, id)).toHaveLength(1), slow);
    }
  });
});

async function requirementOf(id: string, version: number): Promise<ApprovalRequirement> {
  const held = await world.events(approvalRequested, id);
  return held.find(({ head }) => head.version === version)!.head.requirement;
}

/** From the log alone: one outcome, and a release exactly where recorded votes of distinct people allow it. */
async function expectOneOutcome(id: string): Promise<void> {
  const outcomes = await eventually(async () => {
    const ended = (await world.events(approvalDecided, id)).filter(({ head }) => head.kind === 'outcome');
    expect(ended.length).toBeGreaterThan(0);
    const said = [...(await releasesOf(world, id)), ...(await world.events(requestCompleted, id))];
    expect(said).toHaveLength(1);
    return ended;
  }, slow);
  expect(outcomes).toHaveLength(1);
  const { head: outcome } = outcomes[0]!;
  if (outcome.kind !== 'outcome') throw new Error('not an outcome');
  const releases = await releasesOf(world, id);
  expect(releases).toHaveLength(outcome.outcome === 'approved' ? 1 : 0);
  if (outcome.outcome !== 'approved') return;
  const votes = (await world.events(approvalDecided, id)).flatMap(({ head }) =>
    head.kind === 'vote' && head.version === outcome.version && head.digest === outcome.digest ? [head] : [],
  );
  const counted = votes.map(({ approver, vote }) => ({ approver, vote, groups: ['security'] }));
  expect(outcomeOf(await requirementOf(id, outcome.version), counted)).toBe('approved');
  expect(votes.map(({ approver }) => approver.subject)).not.toContain('carol');
  const { terms, signature } = releases[0]!.head;
  expect(terms).toMatchObject({ version: outcome.version, digest: outcome.digest });
  expect(world.verifier.verify(terms, signature)).toBe(true);
}

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

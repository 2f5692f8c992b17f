import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ReconcileEvent, reconcile } from './reconcile.ts';
import {
  decodeReconciliation,
  encodeReconciliation,
  type Finding,
  overdueRequests,
  startReconciliation,
} from './reconciliation.ts';

const requirement = {
  mode: 'all' as const,
  groups: [{ group: 'security', quorum: 2 }],
  denyThreshold: 1,
  expiresInMs: 1000,
  editNeedsOtherApprover: false,
};

type Loose = {
  [K in ReconcileEvent['type']]: Omit<
    Extract<ReconcileEvent, { type: K }>,
    'requestId' | 'sequence' | 'atMs'
  >;
}[ReconcileEvent['type']];

const received: Loose = { type: 'received', requester: 'carol' };
const held = (gate: 'prompt' | 'response', version = 1): Loose => ({
  type: 'held',
  gate,
  version,
  requirement,
  expiresAtMs: 10_000,
});
const approved = (approver: string, version = 1, gate: 'prompt' | 'response' = 'prompt'): Loose => ({
  type: 'voted',
  gate,
  version,
  approver,
  groups: ['security'],
  vote: 'approve',
});
const released = (by: 'rule' | 'people', version = 1, gate: 'prompt' | 'response' = 'prompt'): Loose => ({
  type: 'released',
  by,
  gate,
  version,
});
const answered: Loose = {
  type: 'completed',
  version: 1,
  outcome: 'answered',
  calledModel: true,
  hasTranscript: true,
};
const denied: Loose = {
  type: 'completed',
  version: 1,
  outcome: 'denied',
  calledModel: false,
  hasTranscript: false,
};

function stamped(events: Loose[], requestId = 'r1'): ReconcileEvent[] {
  return events.map((event, i) => ({ requestId, sequence: i + 1, atMs: i * 10, ...event }) as ReconcileEvent);
}

function findingsOf(events: ReconcileEvent[]): Finding[] {
  const state = startReconciliation();
  return events.flatMap((event) => reconcile(state, event));
}

const cases: [name: string, events: Loose[], findings: Finding['code'][]][] = [
  ['an allowed request', [received, released('rule'), answered], []],
  ['a denied request', [received, denied], []],
  [
    'a request that two people approved',
    [received, held('prompt'), approved('alice'), approved('bob'), released('people'), answered],
    [],
  ],
  [
    'an edited request',
    [
      received,
      held('prompt'),
      held('prompt', 2),
      approved('alice', 2),
      approved('bob', 2),
      released('people', 2),
      { ...answered, version: 2 } as Loose,
    ],
    [],
  ],
  [
    'an edit whose author approves it in the same step, before policy holds it again',
    [
      received,
      held('prompt'),
      approved('alice', 2),
      held('prompt', 2),
      approved('bob', 2),
      released('people', 2),
      { ...answered, version: 2 } as Loose,
    ],
    [],
  ],
  [
    'a vote on an edit, counted twice',
    [
      received,
      held('prompt'),
      approved('alice', 2),
      held('prompt', 2),
      approved('alice', 2),
      released('people', 2),
    ],
    ['release.without_votes'],
  ],
  [
    'an answer with a second look',
    [
      received,
      released('rule'),
      held('response'),
      approved('alice', 1, 'response'),
      approved('bob', 1, 'response'),
      released('people', 1, 'response'),
      answered,
    ],
    [],
  ],
  [
    'a redacted answer',
    [
      received,
      released('rule'),
      held('response'),
      approved('alice', 2, 'response'),
      approved('bob', 2, 'response'),
      released('people', 2, 'response'),
      { ...answered, version: 2 } as Loose,
    ],
    [],
  ],
  [
    'a redacted answer that people saw only before its redaction',
    [
      received,
      released('rule'),
      held('response'),
      approved('alice', 1, 'response'),
      approved('bob', 1, 'response'),
      released('people', 2, 'response'),
    ],
    ['release.without_votes'],
  ],
  [
    'a request on a live grant',
    [
      received,
      held('prompt'),
      { type: 'waived', by: 'grant', gate: 'prompt', version: 1 },
      released('people'),
      answered,
    ],
    [],
  ],
  [
    'an answer that nobody looked at, though the glass was broken for the request',
    [
      received,
      held('prompt'),
      { type: 'waived', by: 'break_glass', gate: 'prompt', version: 1, approver: 'dave' },
      released('people'),
      held('response'),
      released('people', 1, 'response'),
    ],
    ['release.without_votes'],
  ],
  [
    'a glass that the requester broke',
    [
      received,
      held('prompt'),
      { type: 'waived', by: 'break_glass', gate: 'prompt', version: 1, approver: 'carol' },
      released('people'),
    ],
    ['vote.by_requester', 'release.without_votes'],
  ],
  ['a second completed', [received, released('rule'), answered, denied], []],
  ['a call that nothing released', [received, answered], ['call.without_release']],
  [
    'a failed call that nothing released',
    [received, { ...denied, outcome: 'failed', calledModel: true } as Loose],
    ['call.without_release'],
  ],
  [
    'a second look at an answer that nothing released',
    [received, held('response')],
    ['call.without_release'],
  ],
  [
    'a call released only for a later version',
    [received, released('rule', 2), answered],
    ['call.without_release'],
  ],
  [
    'an answer that nobody kept',
    [received, released('rule'), { ...answered, hasTranscript: false } as Loose],
    ['answer.without_transcript'],
  ],
  [
    'an answer that left before its second look',
    [received, released('rule'), held('response'), answered],
    ['answer.without_release'],
  ],
  [
    'a release by people who did not vote',
    [received, held('prompt'), released('people')],
    ['release.without_votes'],
  ],
  [
    'a release by too few people',
    [received, held('prompt'), approved('alice'), released('people')],
    ['release.without_votes'],
  ],
  [
    'a release by one person twice',
    [received, held('prompt'), approved('alice'), approved('alice'), released('people')],
    ['release.without_votes'],
  ],
  [
    'a release by votes on another version',
    [received, held('prompt'), approved('alice'), approved('bob'), held('prompt', 2), released('people', 2)],
    ['release.without_votes'],
  ],
  [
    'a release by people outside the group',
    [
      received,
      held('prompt'),
      { ...approved('alice'), groups: ['friends'] } as Loose,
      approved('bob'),
      released('people'),
    ],
    ['release.without_votes'],
  ],
  ['a release by people of what was never held', [received, released('people')], ['release.without_votes']],
  [
    'a requester who votes',
    [received, held('prompt'), approved('carol'), approved('bob'), released('people')],
    ['vote.by_requester', 'release.without_votes'],
  ],
  ['a vote on nothing', [received, approved('alice')], ['vote.without_hold']],
  [
    'a rule that releases what is held',
    [received, held('prompt'), released('rule')],
    ['release.despite_hold'],
  ],
  ['an end without a beginning', [denied], ['completed.without_received']],
  ['a release without a beginning', [released('rule'), answered], ['event.without_received']],
];

describe('the reconciler', () => {
  test.each(cases)('judges %s', (_, events, findings) => {
    expect(findingsOf(stamped(events)).map((finding) => finding.code)).toEqual(findings);
  });

  test('names the request and the event', () => {
    expect(findingsOf(stamped([received, answered]))).toEqual([
      { code: 'call.without_release', requestId: 'r1', sequence: 2 },
    ]);
  });

  test('passes over changes of the policy', () => {
    const change: Loose[] = [
      { type: 'held', gate: 'change', version: 1, requirement, expiresAtMs: 1 },
      { type: 'voted', gate: 'change', version: 1, approver: 'erin', groups: [], vote: 'approve' },
    ];
    const state = startReconciliation();
    for (const event of stamped(change)) expect(reconcile(state, event)).toEqual([]);
    expect(state.open.size).toBe(0);
  });

  test('finds what never completed once it is due, and not before', () => {
    const state = startReconciliation();
    const limits = { callMs: 1000, graceMs: 500 };
    for (const event of stamped([received], 'call')) reconcile(state, event);
    for (const event of stamped([received, held('prompt')], 'parked')) reconcile(state, event);
    expect(overdueRequests(state, 999, limits)).toEqual([]);
    expect(overdueRequests(state, 1000, limits).map((finding) => finding.requestId)).toEqual(['call']);
    expect(overdueRequests(state, 10_500, limits).map((finding) => finding.requestId)).toEqual([
      'call',
      'parked',
    ]);
  });

  test('finds the same however requests interleave and whenever its state was stored', () => {
    const scripts = cases.map(([, events]) => events);
    fc.assert(
      fc.property(
        fc.array(fc.nat(scripts.length - 1), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (picks, order) => {
          const queues = picks.map((pick, i) => stamped(scripts[pick] as Loose[], `r${i}`));
          const alone = queues.flatMap((queue) => findingsOf(queue));
          let state = startReconciliation();
          const together: Finding[] = [];
          for (
            let left = queues.filter((q) => q.length > 0);
            left.length > 0;
            left = left.filter((q) => q.length > 0)
          ) {
            const queue = left[(order.next().value as number) % left.length] as ReconcileEvent[];
            together.push(...reconcile(state, queue.shift() as ReconcileEvent));
            state = decodeReconciliation(encodeReconciliation(state));
          }
          const key = (finding: Finding) => JSON.stringify(finding);
          expect(together.map(key).sort()).toEqual(alone.map(key).sort());
        },
      ),
      { numRuns: process.env.LONG === '1' ? 2000 : 100 },
    );
  });

  test('forgets completed requests after an hour, so its memory holds only what is open', () => {
    const state = startReconciliation();
    for (let i = 0; i < 1000; i += 1) {
      const at = { requestId: `r${i}`, sequence: i, atMs: i * 60_000 };
      reconcile(state, { ...at, type: 'received', requester: 'carol' });
      reconcile(state, { ...at, ...denied } as ReconcileEvent);
    }
    expect(state.open.size).toBe(0);
    expect(state.closed.size).toBeLessThanOrEqual(61);
  });
});

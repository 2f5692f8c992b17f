import { describe, expect, test } from '@jest/globals';
import {
  decideCancellation,
  decideCompleted,
  decideEdit,
  decideExpiry,
  decideHeldAgain,
  decideVote,
  decideWithdrawal,
} from '../../../../services/approval/deciding/decision/decide.ts';
import { eligibleGroups } from '../../../../services/approval/deciding/decision/eligible.ts';
import { outcomeOf } from '../../../../services/approval/deciding/decision/quorum.ts';
import type { Approval } from '../../../../services/approval/deciding/decision/state.ts';
import {
  alice,
  bob,
  both,
  carol,
  cast,
  dave,
  digest,
  edit,
  either,
  excluding,
  held,
  names,
  other,
  person,
  requirement,
  two,
  vote,
} from './given.ts';

describe('a vote', () => {
  const rows: [string, Approval, ReturnType<typeof vote>, string[], string?][] = [
    ['one approval where one is asked for', held(), vote(), ['voted', 'approved']],
    ['one of two', held({ requirement: two }), vote(), ['voted']],
    [
      'the second of two',
      held({ requirement: two, votes: [cast(bob, ['security'])] }),
      vote(),
      ['voted', 'approved'],
    ],
    ['the same person again', held({ requirement: two, votes: [cast(alice, ['security'])] }), vote(), []],
    [
      'one person in both groups',
      held({ requirement: both }),
      vote({ groups: ['security', 'legal'] }),
      ['voted'],
    ],
    [
      'one person in either group',
      held({ requirement: either }),
      vote({ groups: ['legal'] }),
      ['voted', 'approved'],
    ],
    ['a rejection', held(), vote({ vote: 'reject', hasReason: true }), ['voted', 'rejected']],
    [
      'a rejection under a threshold of 2',
      held({ requirement: requirement({ denyThreshold: 2 }) }),
      vote({ vote: 'reject', hasReason: true }),
      ['voted'],
    ],
    [
      'a changed mind',
      held({ requirement: requirement({ denyThreshold: 2 }), votes: [cast(alice, ['security'], 'reject')] }),
      vote(),
      ['voted', 'approved'],
    ],
    ['a rejection without a reason', held(), vote({ vote: 'reject' }), [], 'approval.reason_required'],
    ['the requester, though a member', held(), vote({ approver: carol }), [], 'approval.requester_excluded'],
    ['a service account', held(), vote({ approver: person('robot', 'service') }), [], 'approval.people_only'],
    ['a gateway key', held(), vote({ approver: person('key', 'key') }), [], 'approval.people_only'],
    ['someone in another group', held(), vote({ groups: ['platform'] }), [], 'approval.not_in_group'],
    ['someone in no group', held(), vote({ groups: [] }), [], 'approval.not_in_group'],
    ['another digest than the one in hand', held(), vote({ digest: other }), [], 'approval.outdated'],
    ['an older version', held({ version: 2 }), vote(), [], 'approval.outdated'],
    [
      'while policy looks at an edit',
      held({ state: 'rechecking', version: 2 }),
      vote({ version: 2 }),
      [],
      'approval.rechecking',
    ],
    ['at the very end of its time', held(), vote({ at: 1000 }), ['expired'], 'approval.already_decided'],
    ['after its time', held(), vote({ at: 5000 }), ['expired'], 'approval.already_decided'],
    ['after it was decided', held({ state: 'rejected' }), vote(), [], 'approval.already_decided'],
    [
      'by the editor, where allowed',
      held({ version: 2, editor: alice }),
      vote({ version: 2 }),
      ['voted', 'approved'],
    ],
    [
      'by the editor, where another is asked for',
      held({ version: 2, editor: alice, requirement: excluding }),
      vote({ version: 2 }),
      [],
      'approval.editor_excluded',
    ],
    [
      'a rejection by the editor, where another is asked for',
      held({ version: 2, editor: alice, requirement: excluding }),
      vote({ version: 2, vote: 'reject', hasReason: true }),
      ['voted', 'rejected'],
    ],
  ];
  test.each(rows.map((row) => [row[0], row] as const))('%s', (_, [, approval, command, changes, refusal]) => {
    const decision = decideVote(approval, command);
    expect(names(decision)).toEqual(changes);
    expect(decision.refusal?.code).toBe(refusal);
  });
});

describe('an edit', () => {
  const rows: [string, Approval, ReturnType<typeof edit>, string[], string?][] = [
    ['passes policy again', held(), edit(), ['edited']],
    ['remembers the approval that came with it', held(), edit({ approve: true }), ['edited', 'voted']],
    [
      'may not approve itself where another is asked for',
      held({ requirement: excluding }),
      edit({ approve: true }),
      [],
      'approval.editor_excluded',
    ],
    ['that changes nothing', held(), edit({ newDigest: digest }), [], 'approval.edit_empty'],
    ['by the requester', held(), edit({ editor: carol }), [], 'approval.requester_excluded'],
    ['by someone who could not approve', held(), edit({ groups: [] }), [], 'approval.not_in_group'],
    ['of what is out of date', held({ version: 2 }), edit(), [], 'approval.outdated'],
    [
      'while an earlier one is looked at',
      held({ state: 'rechecking', version: 2 }),
      edit({ version: 2 }),
      [],
      'approval.rechecking',
    ],
    ['after its time', held(), edit({ at: 1000 }), ['expired'], 'approval.already_decided'],
    ['of a change of the policy', held({ gate: 'change' }), edit(), [], 'approval.not_editable'],
    [
      'of an answer, approved at once',
      held({ gate: 'response' }),
      edit({ approve: true }),
      ['edited', 'voted', 'approved'],
    ],
    ['of an answer, left for others', held({ gate: 'response' }), edit(), ['edited']],
  ];
  test.each(rows.map((row) => [row[0], row] as const))('%s', (_, [, approval, command, changes, refusal]) => {
    const decision = decideEdit(approval, command);
    expect(names(decision)).toEqual(changes);
    expect(decision.refusal?.code).toBe(refusal);
  });

  test('voids the votes on the version before', () => {
    const approval = held({ requirement: two, gate: 'response', votes: [cast(bob, ['security'])] });
    expect(names(decideEdit(approval, edit({ approve: true })))).toEqual(['edited', 'voted']);
  });
});

describe('policy holding an edit again', () => {
  const rechecking = held({
    state: 'rechecking',
    version: 2,
    editor: alice,
    votes: [cast(alice, ['security'])],
  });
  const again = { version: 2, requirement: requirement(), expiresAt: 1000, at: 600 };

  test('counts the approval that came with the edit', () => {
    expect(names(decideHeldAgain(rechecking, again))).toEqual(['held_again', 'approved']);
  });
  test('does not count it where the rule now asks for another approver', () => {
    expect(names(decideHeldAgain(rechecking, { ...again, requirement: excluding }))).toEqual(['held_again']);
  });
  test('never releases after its time', () => {
    expect(names(decideHeldAgain(rechecking, { ...again, at: 1000 }))).toEqual(['held_again', 'expired']);
  });
  test('is ignored for another version and after the end', () => {
    expect(names(decideHeldAgain(rechecking, { ...again, version: 3 }))).toEqual([]);
    expect(names(decideHeldAgain({ ...rechecking, state: 'cancelled' }, again))).toEqual([]);
  });
});

describe('the clock, the requester and the ending', () => {
  test('expiry comes exactly at its time, in both open states, and nowhere else', () => {
    expect(names(decideExpiry(held(), 999))).toEqual([]);
    expect(names(decideExpiry(held(), 1000))).toEqual(['expired']);
    expect(names(decideExpiry(held({ state: 'rechecking' }), 1000))).toEqual(['expired']);
    expect(names(decideExpiry(held({ state: 'running' }), 1000))).toEqual([]);
  });
  test('a cancellation ends what is open and nothing else', () => {
    expect(names(decideCancellation(held()))).toEqual(['cancelled']);
    expect(names(decideCancellation(held({ state: 'approved' })))).toEqual([]);
  });
  test.each([
    ['approved', 'answered', ['done']],
    ['running', 'answered', ['done']],
    ['running', 'rejected', ['done']],
    ['running', 'failed', ['failed']],
    ['running', 'blocked', ['failed']],
    ['approved', 'expired', ['failed']],
    ['running', 'cancelled', ['cancelled']],
    ['rechecking', 'denied', ['denied']],
    ['rejected', 'rejected', []],
    ['done', 'failed', []],
    ['stopped', 'rejected', ['stop_heard']],
    ['stopped', 'answered', ['done']],
  ] as const)('%s and completed as %s', (state, outcome, changes) => {
    expect(names(decideCompleted(held({ state }), outcome))).toEqual(changes);
  });
  test('an approval can be taken back by those who could give it: until it runs, or stopped while it does', () => {
    const revoke = { approver: bob, groups: ['security'], how: 'revoke' as const };
    const stop = { ...revoke, how: 'stop' as const };
    const approved = held({ state: 'approved' });
    const running = held({ state: 'running' });
    expect(names(decideWithdrawal(approved, revoke))).toEqual(['revoked']);
    expect(names(decideWithdrawal(approved, stop))).toEqual(['stopped']);
    expect(names(decideWithdrawal(running, stop))).toEqual(['stopped']);
    const code = (...given: Parameters<typeof decideWithdrawal>) => decideWithdrawal(...given).refusal?.code;
    expect(code(running, revoke)).toBe('approval.already_decided');
    expect(code(held(), stop)).toBe('approval.not_decided');
    expect(code(held({ state: 'done' }), stop)).toBe('approval.already_decided');
    expect(code(approved, { ...revoke, approver: carol })).toBe('approval.requester_excluded');
    expect(code(approved, { ...revoke, groups: [] })).toBe('approval.not_in_group');
  });
});

describe('a quorum', () => {
  test('seats each person once, whichever group comes first', () => {
    const votes = [cast(alice, ['security', 'legal']), cast(bob, ['security'])];
    expect(outcomeOf(both, votes)).toBe('approved');
    expect(outcomeOf(both, [...votes].reverse())).toBe('approved');
    expect(outcomeOf(both, [cast(alice, ['security']), cast(bob, ['security'])])).toBeUndefined();
  });
  test('takes one account of two issuers as two people, and counts each once', () => {
    const elsewhere = { ...alice, issuer: 'https://other.test' };
    expect(outcomeOf(two, [cast(alice, ['security']), cast(alice, ['security'])])).toBeUndefined();
    expect(outcomeOf(two, [cast(alice, ['security']), cast(elsewhere, ['security'])])).toBe('approved');
  });
  test('counts no vote of people who are in none of its groups', () => {
    expect(outcomeOf(requirement(), [cast(dave, [], 'reject'), cast(bob, ['platform'])])).toBeUndefined();
  });
});

describe('a group of the configuration', () => {
  const groups = { security: { claim: 'sec' }, leads: { members: ['bob'] } };
  const wanted = requirement({
    groups: [
      { group: 'security', quorum: 1 },
      { group: 'leads', quorum: 1 },
      { group: 'gone', quorum: 1 },
    ],
  });
  test('is known by claim or by name, never by its own name, and not at all where nobody defines it', () => {
    expect(eligibleGroups({ ...alice, groups: ['sec', 'gone'] }, wanted, groups)).toEqual(['security']);
    expect(eligibleGroups({ ...bob, groups: ['security'] }, wanted, groups)).toEqual(['leads']);
    expect(eligibleGroups({ ...bob, kind: 'service', groups: ['sec'] }, wanted, groups)).toEqual([]);
  });
});

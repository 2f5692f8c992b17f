import type { ApprovalRequirement, Principal } from '#contracts';
import type { decideEdit, decideVote } from '../../../../services/approval/deciding/decision/decide.ts';
import type { Change, Decision } from '../../../../services/approval/deciding/decision/decision.ts';
import type { Approval, CountedVote } from '../../../../services/approval/deciding/decision/state.ts';

export const person = (subject: string, kind: Principal['kind'] = 'person'): Principal => ({
  kind,
  issuer: 'https://idp.test',
  subject,
  groups: [],
});
export const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => person(name)) as [
  Principal,
  Principal,
  Principal,
  Principal,
];
export const digest = 'a'.repeat(64);
export const other = 'b'.repeat(64);

export const requirement = (given: Partial<ApprovalRequirement> = {}): ApprovalRequirement => ({
  mode: 'all',
  groups: [{ group: 'security', quorum: 1 }],
  denyThreshold: 1,
  expiresInMs: 1000,
  editNeedsOtherApprover: false,
  ...given,
});

export const held = (given: Partial<Approval> = {}): Approval => ({
  state: 'pending',
  gate: 'prompt',
  version: 1,
  digest,
  requirement: requirement(),
  requester: carol,
  expiresAt: 1000,
  votes: [],
  ...given,
});

export const vote = (given: Partial<Parameters<typeof decideVote>[1]> = {}) => ({
  approver: alice,
  groups: ['security'],
  vote: 'approve' as const,
  version: 1,
  digest,
  hasReason: false,
  at: 500,
  ...given,
});
export const edit = (given: Partial<Parameters<typeof decideEdit>[1]> = {}) => ({
  editor: alice,
  groups: ['security'],
  version: 1,
  digest,
  newDigest: other,
  approve: false,
  at: 500,
  ...given,
});

export const cast = (
  approver: Principal,
  groups: string[],
  choice: 'approve' | 'reject' = 'approve',
): CountedVote => ({
  approver,
  vote: choice,
  groups,
});

export const names = ({ changes }: Decision): string[] => changes.map(nameOf);
const nameOf = (change: Change): string =>
  change.kind === 'ended' ? change.outcome : change.kind === 'moved' ? change.state : change.kind;

export const two = requirement({ groups: [{ group: 'security', quorum: 2 }] });
export const both = requirement({
  groups: [
    { group: 'security', quorum: 1 },
    { group: 'legal', quorum: 1 },
  ],
});
export const either = { ...both, mode: 'any' as const };
export const excluding = requirement({ editNeedsOtherApprover: true });

import type { ApprovalRequirement, Gate, Principal, Vote } from '#contracts';

/** Where an approval request stands. The first two wait for people; the middle two are under way; the rest are ends. */
export const approvalStates = [
  'pending',
  /** An edit passes policy again; votes have to wait. */
  'rechecking',
  'approved',
  'running',
  'done',
  'failed',
  'rejected',
  /** Policy refused an edit. */
  'denied',
  'expired',
  'cancelled',
  /** An approval taken back before it ran. */
  'revoked',
  'stopped',
] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** A vote on the version in hand, with the requirement's groups its author may speak for. */
export interface CountedVote {
  approver: Principal;
  vote: Vote;
  groups: readonly string[];
}

/** What a decision depends on. */
export interface Approval {
  state: ApprovalState;
  gate: Gate;
  version: number;
  /** SHA-256 of the content people see. */
  digest: string;
  requirement: ApprovalRequirement;
  requester: Principal;
  /** Who wrote the version in hand; absent for what the requester sent. */
  editor?: Principal | undefined;
  /** Ms since the epoch. */
  expiresAt: number;
  /** On the version in hand, one for each person. */
  votes: readonly CountedVote[];
}

/** True where people can still decide. */
export function isOpen(state: ApprovalState): boolean {
  return state === 'pending' || state === 'rechecking';
}

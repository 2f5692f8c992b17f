import {
  type ApprovalRequirement,
  ApprovalStateName,
  type Gate,
  type Principal,
  type Vote,
} from '#contracts';

/** Where an approval request stands, as the contract names it. */
export const approvalStates = ApprovalStateName.options;
export type ApprovalState = ApprovalStateName;

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

import type { ApprovalRequirement, ErrorCode, Principal } from '#contracts';
import type { ApprovalState, CountedVote } from './state.ts';

/** Why something was refused, in words its author may see. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

export type Change =
  | { kind: 'voted'; vote: CountedVote; version: number }
  /** Approved by one person without the quorum; so many others have to review it. */
  | { kind: 'glass_broken'; reviewers: number }
  /** A new version; `state` is what it waits in. Earlier votes don't count for it. */
  | { kind: 'edited'; version: number; digest: string; editor: Principal; state: 'rechecking' | 'pending' }
  /** Policy held the new version. */
  | { kind: 'held_again'; requirement: ApprovalRequirement; expiresAt: number }
  | { kind: 'ended'; outcome: 'approved' | 'rejected' | 'expired' | 'cancelled' }
  /** What was stopped has its ending in the log. */
  | { kind: 'stop_heard' }
  /** What came after the decision. */
  | { kind: 'moved'; state: Exclude<ApprovalState, 'pending' | 'rechecking'> };

/** What happens. Both may be set: a vote that comes too late is refused and ends the request as expired. */
export interface Decision {
  changes: readonly Change[];
  refusal?: Refusal;
}

/** Nothing changes. */
export const nothing: Decision = { changes: [] };

/** Nothing changes, and this is why. */
export const refuse = (code: ErrorCode, message: string): Decision => ({
  changes: [],
  refusal: { code, message },
});

/** The request ended. */
export const ended = (outcome: 'approved' | 'rejected' | 'expired' | 'cancelled'): Decision => ({
  changes: [{ kind: 'ended', outcome }],
});

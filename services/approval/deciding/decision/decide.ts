import type { ApprovalRequirement, Outcome, Principal, Vote } from '#contracts';
import {
  closedTo,
  editorExcluded,
  editorIsExcluded,
  excludedEverywhere,
  excludedFrom,
  saidBefore,
} from './admit.ts';
import { type Change, type Decision, ended, nothing, refuse } from './decision.ts';
import { outcomeOf } from './quorum.ts';
import { type Approval, type ApprovalState, type CountedVote, isOpen } from './state.ts';

export interface VoteCommand {
  approver: Principal;
  /** The requirement's groups the approver may speak for (`eligibleGroups`). */
  groups: readonly string[];
  vote: Vote;
  /** What the approver saw. */
  version: number;
  digest: string;
  hasReason: boolean;
  /** Ms since the epoch. */
  at: number;
}

/** A person approves or rejects. Saying the same again changes nothing. */
export function decideVote(approval: Approval, command: VoteCommand): Decision {
  const excluded = excludedFrom(approval, command.approver, command.groups);
  if (excluded) return excluded;
  if (saidBefore(approval, command)) return nothing;
  const closed = closedTo(approval, command);
  if (closed) return closed;
  const { approver, groups, vote, version, at } = command;
  if (vote === 'reject' && !command.hasReason) {
    return refuse('approval.reason_required', 'Say why: the caller is shown the reason.');
  }
  if (vote === 'approve' && editorIsExcluded(approval, approver)) return editorExcluded();
  const cast: CountedVote = { approver, vote, groups };
  return { changes: [{ kind: 'voted', vote: cast, version }, ...endingBy(approval, [cast], at)] };
}

export interface BreakGlassCommand {
  approver: Principal;
  /** The group whose members may, and whether the approver is one; absent where nobody may. */
  rule: { group: string; reviewers: number; isMember: boolean } | undefined;
  version: number;
  digest: string;
  hasReason: boolean;
  at: number;
}

/** A member of the break-glass group approves alone; what they did is reviewed afterwards. Never the requester. */
export function decideBreakGlass(approval: Approval, command: BreakGlassCommand): Decision {
  const { approver, rule, version, hasReason } = command;
  const excluded = excludedEverywhere(approval, approver);
  if (excluded) return excluded;
  if (!rule?.isMember) {
    const who = rule ? `members of ${rule.group}` : 'nobody here';
    return refuse('approval.not_in_group', `The glass can be broken by ${who}.`);
  }
  const closed = closedTo(approval, command);
  if (closed) return closed;
  if (!hasReason) return refuse('approval.reason_required', 'Say why: others review it afterwards.');
  const vote: CountedVote = { approver, vote: 'approve', groups: [rule.group] };
  const broken: Change = { kind: 'glass_broken', reviewers: rule.reviewers };
  return { changes: [{ kind: 'voted', vote, version }, broken, ...ended('approved').changes] };
}

export interface EditCommand {
  editor: Principal;
  groups: readonly string[];
  version: number;
  digest: string;
  /** SHA-256 of the new content. */
  newDigest: string;
  /** The editor approves the new version in the same call. */
  approve: boolean;
  at: number;
}

/** A person changes what was asked (or, at gate `response`, redacts the answer). */
export function decideEdit(approval: Approval, command: EditCommand): Decision {
  const excluded = excludedFrom(approval, command.editor, command.groups) ?? closedTo(approval, command);
  if (excluded) return excluded;
  const { editor, groups, newDigest, approve, at } = command;
  if (approval.gate === 'change') {
    return refuse('approval.not_editable', 'A change of the policy is approved or rejected as proposed.');
  }
  if (newDigest === approval.digest) return refuse('approval.edit_empty', 'The edit changes nothing.');
  if (approve && approval.requirement.editNeedsOtherApprover) return editorExcluded();
  const version = approval.version + 1;
  const state = approval.gate === 'prompt' ? 'rechecking' : 'pending';
  const edited: Change = { kind: 'edited', version, digest: newDigest, editor, state };
  if (!approve) return { changes: [edited] };
  const cast: CountedVote = { approver: editor, vote: 'approve', groups };
  const next: Approval = { ...approval, state, version, digest: newDigest, editor, votes: [] };
  const ending = state === 'pending' ? endingBy(next, [cast], at) : [];
  return { changes: [edited, { kind: 'voted', vote: cast, version }, ...ending] };
}

/** Policy looked at an edit and holds it: the votes given with it count now. `approval.votes` are that version's. */
export function decideHeldAgain(
  approval: Approval,
  held: { version: number; requirement: ApprovalRequirement; expiresAt: number; at: number },
): Decision {
  if (approval.state !== 'rechecking' || held.version !== approval.version) return nothing;
  const { requirement, expiresAt, at } = held;
  const next: Approval = { ...approval, state: 'pending', requirement, expiresAt };
  return { changes: [{ kind: 'held_again', requirement, expiresAt }, ...endingBy(next, [], at)] };
}

/** The clock. An approval request whose time is over is never released. */
export function decideExpiry(approval: Approval, at: number): Decision {
  return isOpen(approval.state) && at >= approval.expiresAt ? ended('expired') : nothing;
}

/** The requester took it back. */
export function decideCancellation(approval: Approval): Decision {
  return isOpen(approval.state) ? ended('cancelled') : nothing;
}

/** True where the ending of a request changes something in this state. */
export function canEnd(state: ApprovalState): boolean {
  return isOpen(state) || state === 'approved' || state === 'running' || state === 'stopped';
}

/** The request ended, by whomever. */
export function decideCompleted({ state }: Approval, outcome: Outcome): Decision {
  if (!canEnd(state)) return nothing;
  // The first ending in the log counts: an answer may have been there before the stop was heard.
  if (state === 'stopped' && outcome !== 'answered') return { changes: [{ kind: 'stop_heard' }] };
  const open = isOpen(state);
  return { changes: [{ kind: 'moved', state: stateAfter(outcome, open, state === 'running') }] };
}

function stateAfter(
  outcome: Outcome,
  open: boolean,
  ran: boolean,
): 'done' | 'failed' | 'denied' | 'cancelled' {
  switch (outcome) {
    case 'answered':
      return 'done';
    case 'denied':
      return 'denied';
    case 'cancelled':
      return 'cancelled';
    // The model ran as approved; people (or the clock) refused its answer at the other gate.
    case 'rejected':
    case 'expired':
      return ran ? 'done' : open ? 'cancelled' : 'failed';
    case 'blocked':
    case 'failed':
      return 'failed';
    default:
      return outcome satisfies never;
  }
}

/**
 * An approver takes the approval back: `revoke` before it runs, `stop` also while it does. Only the broker's entry can
 * tell which it is, so the caller asks there.
 */
export function decideWithdrawal(
  approval: Approval,
  by: { approver: Principal; groups: readonly string[]; how: 'revoke' | 'stop' },
): Decision {
  const excluded = excludedFrom(approval, by.approver, by.groups);
  if (excluded) return excluded;
  const { state } = approval;
  const after = by.how === 'revoke' ? 'revoked' : 'stopped';
  if (approval.gate === 'change' && !isOpen(state)) {
    return refuse(
      'approval.already_decided',
      'A change takes effect when it is approved; propose the next one.',
    );
  }
  if (state === after) return nothing;
  if (state === 'approved' || (state === 'running' && by.how === 'stop')) {
    return { changes: [{ kind: 'moved', state: after }] };
  }
  return isOpen(state)
    ? refuse('approval.not_decided', 'Nothing was approved yet; reject it instead.')
    : refuse('approval.already_decided', `It is ${state}; too late to take the approval back.`);
}

/** The ending that the clock or the votes bring, with `cast` on top of those counted so far. */
function endingBy(approval: Approval, cast: readonly CountedVote[], at: number): readonly Change[] {
  if (at >= approval.expiresAt) return ended('expired').changes;
  const votes = [...approval.votes, ...cast].filter(
    ({ vote, approver }) => vote === 'reject' || !editorIsExcluded(approval, approver),
  );
  const outcome = outcomeOf(approval.requirement, votes);
  return outcome === undefined ? [] : ended(outcome).changes;
}

import type { ApprovalRequirement, GrantAsked, GrantLimits, Principal } from '#contracts';
import { samePrincipal, standsBehind } from '#contracts';
import { outcomeOf } from '../deciding/decision/quorum.ts';

const longestMs = 24 * 3_600_000;

/** What a grant is limited to, from what a person asked for. `conversationMs`: how long an approved conversation lasts. */
export function limitsOf({ forMs, uses, conversation }: GrantAsked, conversationMs: number): GrantLimits {
  const usual = conversation === true ? conversationMs : longestMs;
  return {
    forMs: Math.max(60_000, Math.min(forMs ?? usual, usual, longestMs)),
    ...(uses !== undefined && { uses }),
    conversation: conversation === true,
  };
}

/** The strictest of what several people asked for. */
export function strictest(a: GrantLimits, b: GrantLimits): GrantLimits {
  const uses = Math.min(a.uses ?? Number.POSITIVE_INFINITY, b.uses ?? Number.POSITIVE_INFINITY);
  return {
    forMs: Math.min(a.forMs, b.forMs),
    ...(Number.isFinite(uses) && { uses }),
    conversation: a.conversation || b.conversation,
  };
}

/**
 * Whether the votes that a grant carries satisfy a requirement, with the groups that `groupsFor` gives their authors
 * now. Never with the requester's own, nor with those of who edited the request where the rule wants another.
 */
export function carriesEnough(
  authors: readonly Principal[],
  about: {
    requirement: ApprovalRequirement;
    requester: Principal;
    editor?: Principal | undefined;
    groupsFor: (author: Principal) => string[];
  },
): boolean {
  const { requirement, requester, editor, groupsFor } = about;
  const counted = authors.filter(
    (author) =>
      author.kind === 'person' &&
      !standsBehind(author, requester) &&
      !(requirement.editNeedsOtherApprover && editor !== undefined && samePrincipal(editor, author)),
  );
  const votes = counted.map((approver) => ({
    ...{ approver, vote: 'approve' as const, groups: groupsFor(approver) },
  }));
  return outcomeOf(requirement, votes) === 'approved';
}

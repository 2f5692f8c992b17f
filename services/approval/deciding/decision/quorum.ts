import { type ApprovalRequirement, samePrincipal } from '#contracts';
import type { CountedVote } from './state.ts';

/** How far one group of a requirement is. */
export interface GroupProgress {
  group: string;
  quorum: number;
  /** Members who approved; someone in several groups is listed in each and counted in one. */
  approved: number;
}

/** The outcome that votes lead to; `undefined` while they don't. Rejections are counted first. */
export function outcomeOf(
  requirement: ApprovalRequirement,
  votes: readonly CountedVote[],
): 'approved' | 'rejected' | undefined {
  const counted = oncePerPerson(votes).filter(({ groups }) => inRequirement(requirement, groups));
  const rejections = counted.filter(({ vote }) => vote === 'reject');
  if (rejections.length >= requirement.denyThreshold) return 'rejected';
  return isSatisfied(requirement, counted) ? 'approved' : undefined;
}

/** How many members of each group approved so far. */
export function progressOf(requirement: ApprovalRequirement, votes: readonly CountedVote[]): GroupProgress[] {
  const approvals = oncePerPerson(votes).filter(({ vote }) => vote === 'approve');
  return requirement.groups.map(({ group, quorum }) => ({
    group,
    quorum,
    approved: approvals.filter(({ groups }) => groups.includes(group)).length,
  }));
}

const inRequirement = ({ groups: wanted }: ApprovalRequirement, groups: readonly string[]): boolean =>
  wanted.some(({ group }) => groups.includes(group));

/** The last vote of each person, by issuer and subject. */
function oncePerPerson(votes: readonly CountedVote[]): CountedVote[] {
  const last: CountedVote[] = [];
  for (const vote of votes) {
    const index = last.findIndex(({ approver }) => samePrincipal(approver, vote.approver));
    if (index === -1) last.push(vote);
    else last[index] = vote;
  }
  return last;
}

function isSatisfied({ mode, groups }: ApprovalRequirement, votes: readonly CountedVote[]): boolean {
  const people = votes.filter(({ vote }) => vote === 'approve').map((vote) => vote.groups);
  if (mode === 'any') {
    return groups.some(({ group, quorum }) => people.filter((own) => own.includes(group)).length >= quorum);
  }
  const seats = groups.flatMap(({ group, quorum }) => Array.from({ length: quorum }, () => group));
  return canSeat(seats, people);
}

/**
 * Whether every seat can be given to another person who is in its group: a maximum bipartite matching by augmenting
 * paths (Kuhn's algorithm), so one person in two groups never fills two seats.
 */
function canSeat(seats: readonly string[], people: readonly (readonly string[])[]): boolean {
  if (people.length < seats.length) return false;
  const seatOf = new Map<number, number>();
  const place = (seat: number, tried: Set<number>): boolean => {
    for (const [person, groups] of people.entries()) {
      if (tried.has(person) || !groups.includes(seats[seat] ?? '')) continue;
      tried.add(person);
      const held = seatOf.get(person);
      if (held === undefined || place(held, tried)) {
        seatOf.set(person, seat);
        return true;
      }
    }
    return false;
  };
  return seats.every((_, seat) => place(seat, new Set()));
}

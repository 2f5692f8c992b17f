import { type Principal, samePrincipal, standsBehind, type Vote } from '#contracts';
import { type Decision, ended, type Refusal, refuse } from './decision.ts';
import { type Approval, isOpen } from './state.ts';

/** Why this person may not decide about this request, whatever their groups. */
export function excludedEverywhere(approval: Approval, person: Principal): Decision | undefined {
  if (person.kind !== 'person') {
    return refuse('approval.people_only', 'Only people decide; service accounts and gateway keys never do.');
  }
  if (standsBehind(person, approval.requester)) {
    return refuse('approval.requester_excluded', 'Nobody decides about their own request.');
  }
  return undefined;
}

/** Why this person may not decide about this request, ever. */
export function excludedFrom(
  approval: Approval,
  person: Principal,
  groups: readonly string[],
): Decision | undefined {
  const excluded = excludedEverywhere(approval, person);
  if (excluded) return excluded;
  const wanted = approval.requirement.groups.map(({ group }) => group);
  if (wanted.some((group) => groups.includes(group))) return undefined;
  return refuse('approval.not_in_group', `This is decided by ${wanted.join(', ')}; you are in none of them.`);
}

/** Why nobody can decide now, or not on what this person saw. */
export function closedTo(
  approval: Approval,
  seen: { version: number; digest: string; at: number },
): Decision | undefined {
  if (!isOpen(approval.state)) {
    return refuse('approval.already_decided', `It is ${approval.state} already.`);
  }
  if (seen.at >= approval.expiresAt) {
    const refusal: Refusal = { code: 'approval.already_decided', message: 'It is expired already.' };
    return { ...ended('expired'), refusal };
  }
  if (approval.state === 'rechecking') {
    return refuse('approval.rechecking', 'An edit is being checked by policy; look again in a moment.');
  }
  if (seen.version !== approval.version || seen.digest !== approval.digest) {
    return refuse('approval.outdated', 'It was changed since you looked. Look at it again, then decide.');
  }
  return undefined;
}

/** True where this person's counted vote on what they saw is the same one. */
export function saidBefore(
  { votes, version, digest }: Approval,
  command: { approver: Principal; version: number; digest: string; vote: Vote },
): boolean {
  if (command.version !== version || command.digest !== digest) return false;
  const own = votes.find(({ approver }) => samePrincipal(approver, command.approver));
  return own?.vote === command.vote;
}

/** True where the rule keeps the author of an edit from approving it. */
export function editorIsExcluded({ editor, requirement }: Approval, approver: Principal): boolean {
  return requirement.editNeedsOtherApprover && editor !== undefined && samePrincipal(editor, approver);
}

export const editorExcluded = (): Decision =>
  refuse('approval.editor_excluded', 'An edit needs another approver than its author.');

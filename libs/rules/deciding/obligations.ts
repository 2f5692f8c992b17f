import type { ApprovalRequirement, Obligations, ReviewConditions } from '#contracts';
import type { CompiledPolicy, CompiledRule } from '../compiling/policy.ts';
import { combinedName } from '../compiling/profiles.ts';
import type { AppliedLimit } from './decision.ts';

/** What all matching rules ask for together. Where two differ the stricter counts. */
export function combineObligations(policy: CompiledPolicy, rules: readonly CompiledRule[]): Obligations {
  const maskRequest = profileOf(policy, rules, 'maskRequest');
  const maskAnswer = profileOf(policy, rules, 'maskAnswer');
  const review = combineReviews(rules);
  return {
    ...(maskRequest && { maskRequest }),
    ...(maskAnswer && { maskAnswer }),
    ...(review && { review }),
  };
}

function profileOf(
  policy: CompiledPolicy,
  rules: readonly CompiledRule[],
  side: 'maskRequest' | 'maskAnswer',
) {
  let names: string[] | undefined;
  for (const { duties } of rules) {
    const name = duties[side];
    if (name === undefined) continue;
    names ??= [];
    names.push(name);
  }
  if (names === undefined) return undefined;
  const found = policy.profiles.get(combinedName(names));
  if (found === undefined) throw new RangeError(`no masking profile ${combinedName(names)}`);
  return found.reference;
}

function combineReviews(rules: readonly CompiledRule[]): Obligations['review'] {
  const reviewing = rules.filter(({ duties }) => duties.review !== undefined);
  if (reviewing.length === 0) return undefined;
  const requirement = combineRequirements(reviewing);
  if (requirement === undefined) return undefined;
  const conditions: ReviewConditions[] = [];
  for (const { duties } of reviewing) {
    if (duties.review?.when === 'always') return { when: 'always', requirement };
    if (duties.review !== undefined) conditions.push(duties.review.conditions);
  }
  return { when: 'conditions', conditions, requirement };
}

/**
 * One requirement that satisfies every rule's own. Equal choices stay a choice; rules that differ make all their
 * groups necessary, which is stricter than each.
 */
export function combineRequirements(rules: readonly CompiledRule[]): ApprovalRequirement | undefined {
  const all = rules.flatMap(({ duties }) => (duties.approval === undefined ? [] : [duties.approval]));
  const first = all[0];
  if (first === undefined || all.length === 1) return first;
  const names = ({ groups }: ApprovalRequirement) => groups.map(({ group }) => group).join(' ');
  const sameChoice = all.every((one) => one.mode === 'any' && names(one) === names(first));
  const quorums = new Map<string, number>();
  for (const { group, quorum } of all.flatMap(({ groups }) => groups)) {
    quorums.set(group, Math.max(quorum, quorums.get(group) ?? 0));
  }
  const reminders = [...new Set(all.flatMap((one) => one.reminders ?? []))].sort((a, b) => a - b);
  const escalate = earliest(all.flatMap((one) => one.escalate ?? []));
  return {
    mode: sameChoice ? 'any' : 'all',
    groups: [...quorums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, quorum]) => ({ group, quorum })),
    denyThreshold: Math.min(...all.map(({ denyThreshold }) => denyThreshold)),
    expiresInMs: Math.min(...all.map(({ expiresInMs }) => expiresInMs)),
    editNeedsOtherApprover: all.some(({ editNeedsOtherApprover }) => editNeedsOtherApprover),
    ...(reminders.length > 0 && { reminders }),
    ...(escalate.length > 0 && { escalate }),
    ...(all.some(({ editShown }) => editShown === false) && { editShown: false }),
    ...(all.some(({ grants }) => grants === false) && { grants: false }),
  };
}

type Escalation = NonNullable<ApprovalRequirement['escalate']>[number];

/** One step for each group, the first of several. */
function earliest(steps: readonly Escalation[]): Escalation[] {
  const first = new Map<string, number>();
  for (const { to, afterMs } of steps) first.set(to, Math.min(afterMs, first.get(to) ?? afterMs));
  return [...first].map(([to, afterMs]) => ({ afterMs, to })).sort((a, b) => a.afterMs - b.afterMs);
}

/** Every limit of every rule; the lower of two on the same thing is reached first. */
export function limitsOf(rules: readonly CompiledRule[]): AppliedLimit[] {
  return rules.flatMap(({ name, duties }) => duties.limits.map((limit) => ({ ...limit, rule: name })));
}

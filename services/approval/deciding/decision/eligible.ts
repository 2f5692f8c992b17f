import type { ApprovalGroup, ApprovalRequirement, Principal } from '#contracts';

/** The approval groups of `sallyport.yaml` that somebody is in: by a group of their token, or named by subject. */
export function groupsOf(
  principal: Pick<Principal, 'groups' | 'subject'>,
  groups: Readonly<Record<string, ApprovalGroup>>,
): string[] {
  return Object.entries(groups)
    .filter(
      ([, { claim, members }]) =>
        (claim !== undefined && principal.groups.includes(claim)) || members?.includes(principal.subject),
    )
    .map(([name]) => name);
}

/**
 * Those of a requirement's groups that a person may speak for: their own, and every one where it was escalated to a group
 * they are in. So many people as before have to agree; only who they may be is wider.
 */
export function eligibleGroups(
  principal: Pick<Principal, 'groups' | 'subject' | 'kind'>,
  requirement: ApprovalRequirement,
  groups: Readonly<Record<string, ApprovalGroup>>,
  escalatedTo: readonly string[] = [],
): string[] {
  if (principal.kind !== 'person') return [];
  const own = groupsOf(principal, groups);
  const wanted = requirement.groups.map(({ group }) => group);
  return escalatedTo.some((group) => own.includes(group))
    ? wanted
    : wanted.filter((group) => own.includes(group));
}

/** The groups a request was escalated to, of all that may decide about it. */
export function escalatedTo(groups: readonly string[], requirement: ApprovalRequirement): string[] {
  return groups.filter((name) => !requirement.groups.some(({ group }) => group === name));
}

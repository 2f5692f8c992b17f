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

/** Those of a requirement's groups that a person may speak for. */
export function eligibleGroups(
  principal: Pick<Principal, 'groups' | 'subject' | 'kind'>,
  requirement: ApprovalRequirement,
  groups: Readonly<Record<string, ApprovalGroup>>,
): string[] {
  if (principal.kind !== 'person') return [];
  const own = groupsOf(principal, groups);
  return requirement.groups.map(({ group }) => group).filter((group) => own.includes(group));
}

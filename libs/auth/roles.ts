import type { PolicyDocument, Principal, Role } from '#contracts';
import { roles } from '#contracts';

/** The roles that a principal's groups hold in `sallyport.yaml`. Gateway keys hold none. */
export function rolesOf(principal: Principal, map: PolicyDocument['roles']): Role[] {
  if (principal.kind === 'key') return [];
  return roles.filter((role) => map[role]?.some((group) => principal.groups.includes(group)) ?? false);
}

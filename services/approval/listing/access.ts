import type { Principal, Role } from '#contracts';
import type { ApprovalRequest } from '../approval-request.entity.ts';

/** Roles that may read every approval request, whoever decides about it. */
const readers: readonly Role[] = ['auditor', 'admin'];

/** Who is looking. */
export interface Reader {
  principal: Principal;
  roles: readonly Role[];
  /** The approval groups they are in. */
  groups: readonly string[];
  /** They may approve alone what others decide, so they may see it. */
  mayBreakGlass?: boolean;
}

/** True where a person may read everything. */
export function readsAll({ roles }: Reader): boolean {
  return roles.some((role) => readers.includes(role));
}

/** True where a person may see this request: their groups decide about it, or they may read everything. */
export function maySee(reader: Reader, row: Pick<ApprovalRequest, 'groups'>): boolean {
  return readsAll(reader) || decides(reader, row) || reader.mayBreakGlass === true;
}

/** True where one of a person's groups decides about this request. */
export function decides(reader: Reader, row: Pick<ApprovalRequest, 'groups'>): boolean {
  return row.groups.some((group) => reader.groups.includes(group));
}

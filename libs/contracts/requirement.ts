import type { Approvals } from './document/approvals.ts';
import type { RuleApproval } from './document/rules.ts';
import { durationMs } from './document/scalars.ts';
import type { ApprovalRequirement } from './obligations.ts';

/** What an `approval:` of `sallyport.yaml` asks for, with the document's defaults filled in. Pure. */
export function requirementOf(
  approval: RuleApproval,
  approvals: Pick<Approvals, 'defaults' | 'reminders' | 'escalate'>,
): ApprovalRequirement {
  const { defaults } = approvals;
  const reminders = (approval.reminders ?? approvals.reminders).map(durationMs);
  const escalate = (approval.escalate ?? approvals.escalate).map(({ after, to }) => ({
    afterMs: durationMs(after),
    to,
  }));
  const groups = Object.entries(approval.all ?? approval.any ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    mode: approval.all === undefined ? 'any' : 'all',
    groups: groups.map(([group, quorum]) => ({ group, quorum })),
    denyThreshold: approval.denyThreshold ?? defaults.denyThreshold,
    expiresInMs: durationMs(approval.expiresIn ?? defaults.expiresIn),
    editNeedsOtherApprover: approval.edit?.needsOtherApprover ?? defaults.edit.needsOtherApprover,
    ...(reminders.length > 0 && { reminders }),
    ...(escalate.length > 0 && { escalate }),
    ...(approval.showEdit === false && { editShown: false }),
    ...(approval.grants === false && { grants: false }),
  };
}

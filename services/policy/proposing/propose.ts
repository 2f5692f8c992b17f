import type { ActiveRevision } from '#boot';
import {
  type ApprovalRequirement,
  type PolicyDocument,
  type ProposedChange,
  requirementOf,
} from '#contracts';
import { differences } from '../revising/difference.ts';
import type { StoredRevision } from '../revising/revision-store.ts';

/** Who must agree before another revision takes the place of this document; undefined where nobody has to. Pure. */
export function requirementForChanges({ approvals }: PolicyDocument): ApprovalRequirement | undefined {
  return approvals.changes && requirementOf(approvals.changes, approvals);
}

/** What approvers see of an activation: every difference from what is in force. Pure. */
export function proposedActivation(
  { number, digest, document }: StoredRevision,
  inForce: ActiveRevision,
  message: string,
): ProposedChange {
  const changes = differences(inForce.document, document);
  return {
    kind: 'config.activation',
    subject: `r${number}`,
    digest,
    summary: `Put revision r${number} into force in place of ${inForce.revision}: ${changes.length} differences`,
    message,
    replaces: inForce.revision,
    differences: changes,
    facts: {},
  };
}

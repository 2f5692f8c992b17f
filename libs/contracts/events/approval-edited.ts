import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256 } from '../names.ts';
import { ApprovalRequirement } from '../obligations.ts';
import { Principal } from '../principal.ts';
import { BodyReference, RequestContext } from '../request-context.ts';
import { Gate } from './request-released.ts';

/** An approver changed a held request: a new version, which policy judges again. Tail: the new body, sealed. */
export const approvalEdited = defineEvent({
  name: 'approval.edited',
  schema: z.object({
    requestId: RequestId,
    version: z.number().int().min(2),
    /** At gate `response` the edit redacts the answer, and policy leaves it alone. */
    gate: Gate.default('prompt'),
    context: RequestContext,
    body: BodyReference,
    previousDigest: Sha256,
    editor: Principal,
    /** Who must agree, also where no rule would hold the edited request any more. */
    requirement: ApprovalRequirement.optional(),
    editedAt: EpochMs,
  }),
});
export type ApprovalEdited = EventHead<typeof approvalEdited>;

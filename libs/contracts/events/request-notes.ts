import { z } from 'zod';
import { defineEvent } from '../envelope/event.ts';
import { EpochMs, RequestId } from '../names.ts';
import { Principal } from '../principal.ts';

const note = z.object({
  requestId: RequestId,
  principal: Principal,
  subjectKey: z.string().max(64),
  at: EpochMs,
});

/** The requester says why they ask. Tail: JSON `{justification}`, sealed. */
export const requestJustified = defineEvent({ name: 'request.justified', schema: note });
/** The requester asks the approvers to look. */
export const requestNudged = defineEvent({ name: 'request.nudged', schema: note });
/** A client came back for a request it had asked before. */
export const requestAttached = defineEvent({
  name: 'request.attached',
  schema: note.extend({ how: z.enum(['resend', 'pickup', 'status']) }),
});
/** The requester deleted a stored response: nobody gets it any more. The ledger keeps what it holds. */
export const responseDeleted = defineEvent({ name: 'response.deleted', schema: note });

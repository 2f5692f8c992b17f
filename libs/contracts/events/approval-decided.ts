import { z } from 'zod';
import { defineEvent, type EventHead } from '../event.ts';
import { EpochMs, RequestId, Sha256 } from '../names.ts';
import { Principal } from '../principal.ts';
import { Gate, ReleaseSignature } from './request-released.ts';

export const Vote = z.enum(['approve', 'reject']);
export type Vote = z.infer<typeof Vote>;

/** A vote, the outcome that votes or the clock led to, or a later review of it. Tail: JSON `{reason}`, sealed, where one was given. */
export const approvalDecided = defineEvent({
  name: 'approval.decided',
  schema: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('vote'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      digest: Sha256,
      approver: Principal,
      vote: Vote,
      /** The requirement's groups (names in `approvals.groups`) that the approver spoke for. */
      groups: z.array(z.string().max(63)).optional(),
      subjectKey: z.string().max(64),
      hasReason: z.boolean(),
      /** Approved alone, without the quorum: others review it afterwards. */
      breakGlass: z.boolean().optional(),
      at: EpochMs,
    }),
    /** Somebody looked at what broke the glass; `open` says whether another has to. */
    z.object({
      kind: z.literal('review'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      reviewer: Principal,
      open: z.boolean(),
      subjectKey: z.string().max(64),
      at: EpochMs,
    }),
    z.object({
      kind: z.literal('outcome'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      digest: Sha256,
      outcome: z.enum(['approved', 'rejected', 'expired', 'cancelled']),
      subjectKey: z.string().max(64),
      signature: ReleaseSignature.optional(),
      at: EpochMs,
    }),
  ]),
});
export type ApprovalDecided = EventHead<typeof approvalDecided>;

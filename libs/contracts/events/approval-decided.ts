import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256 } from '../names.ts';
import { Principal } from '../principal.ts';
import { Gate, ReleaseSignature } from './request-released.ts';

export const Vote = z.enum(['approve', 'reject']);
export type Vote = z.infer<typeof Vote>;

/** How far a grant reaches: until any of these is over. */
export const GrantLimits = z.object({
  /** Time in force. */
  forMs: z
    .number()
    .int()
    .min(60_000)
    .max(24 * 3_600_000),
  /** So many requests. */
  uses: z.number().int().min(1).max(1000).optional(),
  /** Only within the conversation of the request it was given for. */
  conversation: z.boolean(),
});
export type GrantLimits = z.infer<typeof GrantLimits>;

/** Why a grant is over. */
export const GrantEnding = z.enum(['revoked', 'expired', 'used_up', 'author_excluded', 'not_approved']);
export type GrantEnding = z.infer<typeof GrantEnding>;

/**
 * A vote, the outcome that votes or the clock led to, or a later review of it. Subject token: the gate, so that whoever acts
 * on changes isn't woken by every vote. Tail: JSON `{reason}`, sealed, where one was given.
 */
export const approvalDecided = defineEvent({
  name: 'approval.decided',
  tokens: ['gate'],
  schema: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('vote'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      digest: Sha256,
      approver: Principal,
      vote: Vote,
      /** Groups the request was escalated to, through which the approver spoke for `groups`. */
      through: z.array(z.string().max(63)).optional(),
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
    /** A grant for requests of the same shape was asked for, came into force, or ended. */
    z.object({
      kind: z.literal('grant'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      grant: z.string().max(80),
      change: z.enum(['asked', 'granted', 'ended']),
      /** Who did it; absent where the clock or a count did. */
      by: Principal.optional(),
      /** Why it ended. */
      ending: GrantEnding.optional(),
      limits: GrantLimits,
      subjectKey: z.string().max(64),
      at: EpochMs,
    }),
    /** Nobody decided in time: members of another group may decide as well. */
    z.object({
      kind: z.literal('escalated'),
      requestId: RequestId,
      version: z.number().int().min(1),
      gate: Gate,
      to: z.string().max(63),
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

import { z } from 'zod';
import { EpochMs, RequestId } from '../names.ts';
import { PersonView } from './people.ts';
import { Moment } from './sessions.ts';

/** `POST /v1/erasures`: asks people to agree to it. */
export const EraseBody = z.strictObject({
  /** OIDC subject of the person to forget. */
  subject: z.string().min(1).max(255),
  /** Default: the caller's own issuer. */
  issuer: z.string().max(512).optional(),
  /** Why, for those who decide. */
  reason: z.string().max(2000).default(''),
});
export type EraseBody = z.infer<typeof EraseBody>;

export const erasureStates = [
  'waiting',
  'rejected',
  'expired',
  'cancelled',
  /** Agreed to, but a legal hold came in between; carried out when it is lifted. */
  'held',
  /** Agreed to and recorded; being carried out. */
  'erasing',
  'erased',
] as const;

/** `GET /v1/erasures/{id}`. */
export const ErasureView = z.object({
  /** The request id of the question. */
  id: z.string(),
  /** As the approval service knows it. */
  approval: z.string(),
  state: z.enum(erasureStates),
  /** The name of the data key that is destroyed. */
  subjectKey: z.string(),
  /** The approval groups that decide. */
  groups: z.array(z.string()),
  askedAt: EpochMs,
  /** When people's time is up. */
  expiresAt: EpochMs,
  /** The legal holds in its way. */
  holds: z.array(z.string()),
  /** The ledger entry that records it; null before. */
  index: z.number().int().nullable(),
  doneAt: EpochMs.nullable(),
  /** A signed note (C2SP signed-note): origin, data key, entry, when. Null until it is done. */
  certificate: z.string().nullable(),
});
export type ErasureView = z.infer<typeof ErasureView>;
export const ErasureList = z.object({ items: z.array(ErasureView) });
export type ErasureList = z.infer<typeof ErasureList>;

/** `POST /v1/holds`: exactly one of a person, a request or a period. */
export const HoldBody = z
  .strictObject({
    /** OIDC subject; `issuer` as with erasures. */
    subject: z.string().min(1).max(255).optional(),
    issuer: z.string().max(512).optional(),
    requestId: RequestId.optional(),
    /** Requests received in `[from, to)`. */
    period: z
      .strictObject({ from: Moment, to: Moment })
      .refine(({ from, to }) => from < to, 'expected from before to')
      .optional(),
    reason: z.string().trim().min(1).max(2000),
  })
  .refine(
    ({ subject, requestId, period }) =>
      [subject, requestId, period].filter((one) => one !== undefined).length === 1,
    'expected one of subject, requestId, period',
  );
export type HoldBody = z.infer<typeof HoldBody>;

/** `POST /v1/holds/{id}/lift`. */
export const LiftHoldBody = z.strictObject({ reason: z.string().trim().min(1).max(2000) });
export type LiftHoldBody = z.infer<typeof LiftHoldBody>;

/** A legal hold in force. */
export const HoldView = z.object({
  id: z.string(),
  scope: z.enum(['person', 'request', 'period']),
  subjectKey: z.string().optional(),
  requestId: z.string().optional(),
  from: EpochMs.optional(),
  to: EpochMs.optional(),
  /** Null where whoever placed it was erased since. */
  details: z.object({ by: PersonView, reason: z.string(), subject: z.string().optional() }).nullable(),
  placedAt: EpochMs,
});
export type HoldView = z.infer<typeof HoldView>;
export const HoldList = z.object({ items: z.array(HoldView) });
export type HoldList = z.infer<typeof HoldList>;

/** `POST /v1/keys/rotation`. */
export const RotateKeysBody = z.strictObject({
  /** `next` of the answer before. */
  from: z.number().int().positive().default(1),
});
export type RotateKeysBody = z.infer<typeof RotateKeysBody>;
export const RotatedKeys = z.object({
  /** Names the key-encryption key that wraps from now on. */
  key: z.string(),
  rotated: z.number().int(),
  seen: z.number().int(),
  next: z.number().int().nullable(),
});
export type RotatedKeys = z.infer<typeof RotatedKeys>;

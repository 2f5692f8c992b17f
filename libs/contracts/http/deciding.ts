import { z } from 'zod';
import { Vote } from '../events/approval-decided.ts';
import { EpochMs, Sha256 } from '../names.ts';
import { GrantAsked } from './grants.ts';
import { PersonView } from './people.ts';

const Reason = z.string().trim().min(1).max(2000);
const Version = z.number().int().min(1);

/** `POST /v1/approvals/{id}/votes`. */
export const VoteBody = z.strictObject({
  vote: Vote,
  /** What was shown: the vote counts for nothing else. */
  digest: Sha256,
  version: Version,
  /** Needed to reject (the caller is shown it), and to break the glass. */
  reason: Reason.optional(),
  /** Approve alone, where the configuration lets your group: opens a review that others must close. */
  breakGlass: z.boolean().default(false),
  /** With an approval: requests of the same shape need no other one for a while. */
  grant: GrantAsked.optional(),
});
export type VoteBody = z.infer<typeof VoteBody>;

const Pointer = z
  .string()
  .max(2000)
  .regex(/^(\/[^/]*)+$/, 'expected a JSON pointer (RFC 6901) such as /messages/0/content');

/** One change of a body. */
export const BodyEdit = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('replace'), pointer: Pointer, value: z.json() }),
  z.strictObject({ op: z.literal('add'), pointer: Pointer, value: z.json() }),
  z.strictObject({ op: z.literal('remove'), pointer: Pointer }),
]);
export type BodyEdit = z.infer<typeof BodyEdit>;

/** Takes a text out of an answer, wherever it stands, also where a stream cut it in pieces. */
export const Redaction = z.strictObject({
  text: z.string().min(1).max(10_000),
  with: z.string().max(10_000).default('[REDACTED]'),
});
export type Redaction = z.infer<typeof Redaction>;

/** `POST /v1/approvals/{id}/edits`: changes by pointer, a whole new body, or (of an answer) redactions. */
export const EditBody = z
  .strictObject({
    digest: Sha256,
    version: Version,
    edits: z.array(BodyEdit).min(1).max(200).optional(),
    /** The new body's text, whole. */
    body: z.string().min(1).optional(),
    redactions: z.array(Redaction).min(1).max(100).optional(),
    /** Approve the new version in the same call. */
    approve: z.boolean().default(false),
    reason: Reason.optional(),
  })
  .refine(
    ({ edits, body, redactions }) =>
      [edits, body, redactions].filter((way) => way !== undefined).length === 1,
    'expected one of edits, body and redactions',
  );
export type EditBody = z.infer<typeof EditBody>;

/** `POST /v1/approvals/{id}/revoke` and `/reveal`. */
export const ReasonBody = z.strictObject({ reason: Reason });
export type ReasonBody = z.infer<typeof ReasonBody>;

/** A review of what was approved by breaking the glass. */
export const ReviewView = z.object({
  approvalId: z.string(),
  openedBy: PersonView,
  openedAt: EpochMs,
  /** So many people have to close it. */
  reviewers: z.number().int(),
  closedBy: z.array(PersonView),
  closedAt: EpochMs.optional(),
});
export type ReviewView = z.infer<typeof ReviewView>;
export const ReviewList = z.object({ items: z.array(ReviewView) });
export type ReviewList = z.infer<typeof ReviewList>;

/** `POST /v1/approvals/reject`: every open request that fits, and that this person may decide. */
export const RejectManyBody = z
  .strictObject({
    reason: Reason,
    group: z.string().max(63).optional(),
    connection: z.string().max(40).optional(),
    rule: z.string().max(63).optional(),
    requester: z.string().max(255).optional(),
  })
  .refine(
    ({ group, connection, rule, requester }) => (group ?? connection ?? rule ?? requester) !== undefined,
    'expected at least one of group, connection, rule, requester',
  );
export type RejectManyBody = z.infer<typeof RejectManyBody>;

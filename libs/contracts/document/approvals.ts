import { z } from 'zod';
import { Delivering, EmailChannel, NotificationKind, WebhookChannel } from './notifications.ts';
import { RuleApproval } from './rules.ts';
import { Duration, distinct, Name } from './scalars.ts';

/** People who may decide, known by a group in their token, or named one by one. */
export const ApprovalGroup = z
  .strictObject({
    description: z.string().max(500).optional(),
    /** The value among a token's groups. */
    claim: z.string().min(1).max(255).optional(),
    /** OIDC subjects, in addition. */
    members: distinct(z.string().min(1).max(255)).optional(),
    /** Where this group is told by e-mail. */
    addresses: distinct(z.email(), 50).optional(),
    /** What the addresses hear of; by default everything but outcomes. */
    notify: distinct(NotificationKind).optional(),
  })
  .refine((group) => group.claim !== undefined || group.members !== undefined, 'expected claim or members');
export type ApprovalGroup = z.infer<typeof ApprovalGroup>;

export const Approvals = z.strictObject({
  groups: z.record(Name, ApprovalGroup).default({}),
  /** Used by rules that don't say. */
  defaults: z
    .strictObject({
      expiresIn: Duration.default('24h'),
      denyThreshold: z.number().int().min(1).max(50).default(1),
      edit: z.strictObject({ needsOtherApprover: z.boolean() }).default({ needsOtherApprover: false }),
    })
    .prefault({}),
  reminders: z.array(Duration).max(10).default([]),
  escalate: z
    .array(z.strictObject({ after: Duration, to: Name }))
    .max(10)
    .default([]),
  /**
   * The masking profile under which approvers see content until they ask to reveal it, or `clear`. Without it the packs
   * `core` and `secrets`.
   */
  shownAs: Name.optional(),
  /** How long an approved conversation prefix isn't held again. */
  conversation: Duration.default('8h'),
  /**
   * Who must agree before another revision of this document comes into force. Without it, whoever may activate does so
   * at once.
   */
  changes: RuleApproval.optional(),
  /**
   * Who must agree before a person is erased. Without it those of `changes`, or else one member of any approval group;
   * never the one who asks.
   */
  erasures: RuleApproval.optional(),
  maxPendingPerPrincipal: z.number().int().min(1).max(10_000).default(20),
  breakGlass: z
    .strictObject({ group: Name, reviewers: z.number().int().min(1).max(10).default(2) })
    .optional(),
  email: EmailChannel.optional(),
  webhooks: z.array(WebhookChannel).max(50).default([]),
  delivery: Delivering.prefault({}),
});
export type Approvals = z.infer<typeof Approvals>;

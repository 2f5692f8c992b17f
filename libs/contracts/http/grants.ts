import { z } from 'zod';
import { GrantEnding } from '../events/approval-decided.ts';
import { EpochMs, Sha256 } from '../names.ts';
import { PersonView } from './people.ts';

const Version = z.number().int().min(1);

/** What a grant is asked for: at least one of these. Where several people have to agree the strictest counts. */
export const GrantAsked = z
  .strictObject({
    /** Time in force; 24 h where only uses are given, and no longer than approved conversations last for a conversation. */
    forMs: z
      .number()
      .int()
      .min(60_000)
      .max(24 * 3_600_000)
      .optional(),
    uses: z.number().int().min(1).max(1000).optional(),
    conversation: z.boolean().optional(),
  })
  .refine(
    ({ forMs, uses, conversation }) => (forMs ?? uses) !== undefined || conversation === true,
    'expected at least one of forMs, uses, conversation',
  );
export type GrantAsked = z.infer<typeof GrantAsked>;

/** `POST /v1/approvals/{id}/grants`: the same shape again, after it was approved. */
export const GrantBody = z.strictObject({ digest: Sha256, version: Version, grant: GrantAsked });
export type GrantBody = z.infer<typeof GrantBody>;

/** A grant as people see it. */
export const GrantView = z.object({
  id: z.string(),
  /** `asked`: others have to agree, as many as the rule wants. */
  state: z.enum(['asked', 'live', 'ended']),
  ending: GrantEnding.optional(),
  /** The approval request it was given with. */
  approvalId: z.string(),
  requester: PersonView,
  connection: z.string(),
  model: z.string().nullable(),
  rules: z.array(z.string()),
  /** SHA-256 of the request without its values. */
  template: Sha256,
  /** Set where it reaches no further than one conversation. */
  conversation: z.string().optional(),
  authors: z.array(PersonView),
  used: z.number().int(),
  uses: z.number().int().optional(),
  askedAt: EpochMs,
  grantedAt: EpochMs.optional(),
  expiresAt: EpochMs,
  endedAt: EpochMs.optional(),
  endedBy: PersonView.optional(),
});
export type GrantView = z.infer<typeof GrantView>;
export const GrantList = z.object({ items: z.array(GrantView), next: z.string().optional() });
export type GrantList = z.infer<typeof GrantList>;

/** `GET /v1/grants`, newest first. */
export const ListGrantsQuery = z.strictObject({
  /** `current` (default): asked for or in force. */
  state: z.enum(['current', 'all']).default('current'),
  /** OIDC subject. */
  requester: z.string().max(255).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export type ListGrantsQuery = z.infer<typeof ListGrantsQuery>;

import { z } from 'zod';
import { Sha256 } from './names.ts';

/** Which people must agree: groups with a quorum each, all of them or any one. */
export const ApprovalRequirement = z.object({
  mode: z.enum(['all', 'any']),
  groups: z.array(z.object({ group: z.string(), quorum: z.number().int().min(1).max(50) })).min(1),
  /** So many rejections end it. */
  denyThreshold: z.number().int().min(1).max(50),
  expiresInMs: z.number().int().positive(),
  /** An editor's own vote does not count for their edit. */
  editNeedsOtherApprover: z.boolean(),
  /** When the groups are told again, ms after the request was held. */
  reminders: z.array(z.number().int().positive()).max(100).optional(),
  /** Groups whose members may decide as well from then on; how many must agree stays the same. */
  escalate: z
    .array(z.object({ afterMs: z.number().int().positive(), to: z.string().max(63) }))
    .max(100)
    .optional(),
  /** `false`: the requester hears that people edited the request, not how. */
  editShown: z.boolean().optional(),
  /** `false`: each request is decided by itself, and no approval covers others like it. */
  grants: z.boolean().optional(),
});
export type ApprovalRequirement = z.infer<typeof ApprovalRequirement>;

/** A masking profile by name, pinned by the digest of its content in KV `config`. */
export const ProfileReference = z.object({ name: z.string(), digest: Sha256 });
export type ProfileReference = z.infer<typeof ProfileReference>;

/** What masking must do to a request; travels by value and is covered by the release's signature. */
export const Obligations = z.object({
  maskRequest: ProfileReference.optional(),
  maskAnswer: ProfileReference.optional(),
  /** The answer is held for a second look. */
  review: z
    .object({
      when: z.enum(['always', 'conditions']),
      /** CEL, patterns and entities evaluated on the masked answer; opaque here, read by `libs/rules`. */
      conditions: z.unknown().optional(),
      requirement: ApprovalRequirement,
    })
    .optional(),
});
export type Obligations = z.infer<typeof Obligations>;

/** What made a rule match: a span of one string of the request, never the text itself. */
export const RuleMatch = z.object({
  rule: z.string(),
  /** RFC 6901 JSON pointer. */
  pointer: z.string(),
  /** UTF-16 offsets in the original string. */
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  decodedAs: z.string().optional(),
  condition: z.string(),
});
export type RuleMatch = z.infer<typeof RuleMatch>;

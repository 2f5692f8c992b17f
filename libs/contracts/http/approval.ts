import { z } from 'zod';
import { GrantEnding, Vote } from '../events/approval-decided.ts';
import { Gate } from '../events/request-released.ts';
import { EpochMs, Sha256 } from '../names.ts';
import { RuleMatch } from '../obligations.ts';
import { DeliveryView } from './notifications.ts';

/** Where an approval request stands. */
export const ApprovalStateName = z.enum([
  'pending',
  'rechecking',
  'approved',
  'running',
  'done',
  'failed',
  'rejected',
  'denied',
  'expired',
  'cancelled',
  'revoked',
  'stopped',
]);
export type ApprovalStateName = z.infer<typeof ApprovalStateName>;

const Reason = z.string().trim().min(1).max(2000);
const Version = z.number().int().min(1);

/** `GET /v1/approvals`. */
export const ListApprovalsQuery = z.strictObject({
  /** `open` (default): people can still decide; `all`; or one state. */
  state: z.union([z.enum(['open', 'all']), ApprovalStateName]).default('open'),
  group: z.string().max(63).optional(),
  connection: z.string().max(40).optional(),
  rule: z.string().max(63).optional(),
  gate: Gate.optional(),
  /** OIDC subject. */
  requester: z.string().max(255).optional(),
  sort: z.enum(['oldest', 'newest', 'expiring']).default('oldest'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  cursor: z.string().max(300).optional(),
});
export type ListApprovalsQuery = z.infer<typeof ListApprovalsQuery>;

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
  requester: z.lazy(() => PersonView),
  connection: z.string(),
  model: z.string().nullable(),
  rules: z.array(z.string()),
  /** SHA-256 of the request without its values. */
  template: Sha256,
  /** Set where it reaches no further than one conversation. */
  conversation: z.string().optional(),
  authors: z.array(z.lazy(() => PersonView)),
  used: z.number().int(),
  uses: z.number().int().optional(),
  askedAt: EpochMs,
  grantedAt: EpochMs.optional(),
  expiresAt: EpochMs,
  endedAt: EpochMs.optional(),
  endedBy: z.lazy(() => PersonView).optional(),
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
  openedBy: z.lazy(() => PersonView),
  openedAt: EpochMs,
  /** So many people have to close it. */
  reviewers: z.number().int(),
  closedBy: z.array(z.lazy(() => PersonView)),
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

/** A person, as others see them. */
export const PersonView = z.object({
  issuer: z.string(),
  subject: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  /** Whom they call for, where several people share their identity. */
  person: z.string().optional(),
});
export type PersonView = z.infer<typeof PersonView>;

/** One approval request in a list. */
export const ApprovalSummary = z.object({
  id: z.string(),
  requestId: z.string(),
  gate: Gate,
  state: ApprovalStateName,
  version: Version,
  digest: Sha256,
  requester: PersonView,
  connection: z.string(),
  model: z.string().nullable(),
  operation: z.string(),
  rules: z.array(z.string()),
  revision: z.string(),
  mode: z.enum(['all', 'any']),
  groups: z.array(z.object({ group: z.string(), quorum: z.number(), approved: z.number() })),
  /** Groups whose members may decide as well, because nobody did in time. */
  escalatedTo: z.array(z.string()).optional(),
  /** Identical live requests on this card, this one included. */
  count: z.number().int().min(1),
  edited: z.boolean(),
  requestedAt: EpochMs,
  expiresAt: EpochMs,
  decidedAt: EpochMs.optional(),
});
export type ApprovalSummary = z.infer<typeof ApprovalSummary>;

export const ApprovalList = z.object({
  items: z.array(ApprovalSummary),
  /** Give it as `cursor` to read on; absent on the last page. */
  next: z.string().optional(),
});
export type ApprovalList = z.infer<typeof ApprovalList>;

/** A piece of a text: plain, highlighted as a match, or a character that can't be seen. */
export const TextSegment = z.object({
  text: z.string(),
  /** Rules whose matches cover it. */
  rules: z.array(z.string()).optional(),
  /** The name of an invisible character, e.g. `U+200B ZERO WIDTH SPACE`. */
  invisible: z.string().optional(),
});
export type TextSegment = z.infer<typeof TextSegment>;

/** One value of the content, whole. */
export const ContentItem = z.object({
  pointer: z.string(),
  name: z.string(),
  form: z.enum(['text', 'json', 'value', 'attachment']),
  segments: z.array(TextSegment),
  attachment: z
    .object({
      kind: z.string(),
      mediaType: z.string().optional(),
      /** Of the encoded data. */
      size: z.number().optional(),
      digest: Sha256,
    })
    .optional(),
});
export type ContentItem = z.infer<typeof ContentItem>;

/** One part of the content: a turn of the conversation, a tool, the parameters, an answer, a proposed change. */
export const ContentPart = z.object({
  kind: z.enum(['turn', 'tool', 'parameters', 'answer', 'change', 'raw']),
  index: z.number().int(),
  role: z.string().optional(),
  /** Nobody approved it yet in this conversation. */
  isNew: z.boolean(),
  items: z.array(ContentItem),
});
export type ContentPart = z.infer<typeof ContentPart>;

/** What people decide about, complete. What is new comes first. */
export const ContentView = z.object({
  /** `masked`: shown under the profile named in `approvals.shownAs`; ask to reveal it. `erased`: nobody can read it. */
  shown: z.enum(['clear', 'masked', 'erased']),
  bytes: z.number().int(),
  parts: z.array(ContentPart),
});
export type ContentView = z.infer<typeof ContentView>;

/** One value that an edit changed. */
export const ContentDifference = z.object({
  pointer: z.string(),
  change: z.enum(['added', 'removed', 'replaced']),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type ContentDifference = z.infer<typeof ContentDifference>;

export const HistoryEntry = z.object({
  kind: z.string(),
  version: Version,
  at: EpochMs,
  actor: PersonView.optional(),
  what: z.string().optional(),
  /** A reason or justification; null where it was erased. */
  text: z.string().nullable().optional(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** `GET /v1/approvals/{id}`. */
export const ApprovalDetail = ApprovalSummary.extend({
  upstreamModel: z.string().nullable(),
  protocol: z.string(),
  stream: z.boolean(),
  denyThreshold: z.number(),
  editNeedsOtherApprover: z.boolean(),
  conversation: z.object({ id: z.string(), newSinceTurn: z.number() }),
  matches: z.array(RuleMatch),
  content: ContentView,
  edits: z.array(
    z.object({
      version: Version,
      editor: PersonView,
      at: EpochMs,
      differences: z.array(ContentDifference),
    }),
  ),
  history: z.array(HistoryEntry),
  /** Who was told, or not yet, oldest first. */
  notifications: z.array(DeliveryView),
  /** Whether you may vote now; else why not. */
  you: z.object({
    mayDecide: z.boolean(),
    code: z.string().optional(),
    message: z.string().optional(),
    /** You may approve alone, by breaking the glass. */
    mayBreakGlass: z.boolean().optional(),
  }),
});
export type ApprovalDetail = z.infer<typeof ApprovalDetail>;

/** `GET /v1/approvals/stats`. */
export const ApprovalStats = z.object({
  since: EpochMs,
  pending: z.number().int(),
  oldestPendingMs: z.number().nullable(),
  rules: z.array(
    z.object({
      rule: z.string(),
      pending: z.number().int(),
      decided: z.number().int(),
      approved: z.number().int(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      /** Share decided in under 5 s. */
      underFiveSeconds: z.number().nullable(),
    }),
  ),
  approvers: z.array(z.object({ approver: PersonView, votes: z.number().int(), approved: z.number().int() })),
  suggestions: z.array(z.string()),
});
export type ApprovalStats = z.infer<typeof ApprovalStats>;

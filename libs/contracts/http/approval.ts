import { z } from 'zod';
import { Gate } from '../events/request-released.ts';
import { EpochMs, Sha256 } from '../names.ts';
import { RuleMatch } from '../obligations.ts';
import { DeliveryView } from './notifications.ts';
import { PersonView } from './people.ts';

const Version = z.number().int().min(1);

/** Where an approval request stands. The first two wait for people; the middle two are under way; the rest are ends. */
export const ApprovalStateName = z.enum([
  'pending',
  /** An edit passes policy again; votes have to wait. */
  'rechecking',
  'approved',
  'running',
  'done',
  'failed',
  'rejected',
  /** Policy refused an edit. */
  'denied',
  'expired',
  'cancelled',
  /** An approval taken back before it ran. */
  'revoked',
  'stopped',
]);
export type ApprovalStateName = z.infer<typeof ApprovalStateName>;

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
  /** What its rules found in it, in the rules' own words: each once, at most five. */
  found: z.array(z.string()).optional(),
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

/** One part of the content: a turn, a tool, the parameters, what the caller wrote into the address, an answer, a change. */
export const ContentPart = z.object({
  kind: z.enum(['turn', 'tool', 'parameters', 'address', 'answer', 'change', 'raw']),
  index: z.number().int(),
  role: z.string().optional(),
  /** Nobody approved it yet in this conversation. */
  isNew: z.boolean(),
  items: z.array(ContentItem),
});
export type ContentPart = z.infer<typeof ContentPart>;

/** Why content isn't shown. `erased`: nobody can read it any more. `unavailable`: it can't be opened right now; ask again. */
export const Unreadable = z.enum(['erased', 'unavailable']);
export type Unreadable = z.infer<typeof Unreadable>;

/** What people decide about, complete. What is new comes first. */
export const ContentView = z.object({
  /** `masked`: something in it is masked by the profile of `approvals.shownAs`; ask to reveal it. */
  shown: z.enum(['clear', 'masked', ...Unreadable.options]),
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
  /** A reason or justification; null where it isn't shown. */
  text: z.string().nullable().optional(),
  /** Why there is no text. */
  unreadable: Unreadable.optional(),
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
      /** Why there are no differences. */
      unreadable: Unreadable.optional(),
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
      /** How long the oldest of them has waited. */
      oldestPendingMs: z.number().nullable(),
      decided: z.number().int(),
      approved: z.number().int(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      /** Share decided in under 5 s. */
      underFiveSeconds: z.number().nullable(),
    }),
  ),
  approvers: z.array(
    z.object({
      approver: PersonView,
      votes: z.number().int(),
      approved: z.number().int(),
      /** From when it was held until the vote. */
      p50Ms: z.number(),
      p95Ms: z.number(),
      /** Share of votes in under 5 s. */
      underFiveSeconds: z.number(),
    }),
  ),
  suggestions: z.array(z.string()),
});
export type ApprovalStats = z.infer<typeof ApprovalStats>;

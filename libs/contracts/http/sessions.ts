import { z } from 'zod';
import { Vote } from '../events/approval-decided.ts';
import { FindingCount, Outcome } from '../events/request-completed.ts';
import { Gate } from '../events/request-released.ts';
import { EpochMs, RequestId, SubjectToken } from '../names.ts';
import { RuleMatch } from '../obligations.ts';
import { PersonView } from './people.ts';

/** A moment: ms since the epoch, or ISO 8601; a date alone begins at midnight UTC. */
export const Moment = z
  .union(
    [
      z
        .string()
        // What has fewer digits is a year or a date without its dashes, not a moment of 1970.
        .regex(/^(0|\d{11,13})$/)
        .transform(Number),
      z.iso.datetime({ offset: true }),
      z.iso.date(),
    ],
    'expected a moment such as 2026-01-01 (midnight UTC) or 2026-01-01T09:00:00+01:00',
  )
  .transform((value) => (typeof value === 'number' ? value : Date.parse(value)));

/** `GET /v1/sessions`. Newest first; every filter narrows. */
export const ListSessionsQuery = z.strictObject({
  /** OIDC subject of the requester; `issuer` where several issuers know it. */
  user: z.string().max(255).optional(),
  /** OIDC subject of somebody who voted. */
  approver: z.string().max(255).optional(),
  issuer: z.string().max(512).optional(),
  group: z.string().max(255).optional(),
  client: z.string().max(255).optional(),
  connection: SubjectToken.optional(),
  model: z.string().max(255).optional(),
  rule: z.string().max(255).optional(),
  outcome: z.union([Outcome, z.literal('open')]).optional(),
  /** A kind of value that was masked, e.g. `EMAIL`. */
  entity: z.string().max(100).optional(),
  conversation: z.string().max(255).optional(),
  /** Whole words of the prompt or the answer, all of them, at most 10; for auditors, and recorded. */
  words: z.string().max(700).optional(),
  from: Moment.optional(),
  to: Moment.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  cursor: RequestId.optional(),
});
export type ListSessionsQuery = z.infer<typeof ListSessionsQuery>;

/** One request, as a list shows it. */
export const SessionSummary = z.object({
  /** The request id. */
  id: RequestId,
  /** Null where the person was erased. */
  requester: PersonView.extend({ kind: z.string(), groups: z.array(z.string()) }).nullable(),
  client: z.string().nullable(),
  operation: z.string().nullable(),
  connection: z.string().nullable(),
  model: z.string().nullable(),
  rules: z.array(z.string()),
  revision: z.string().nullable(),
  /** Null while it is under way. */
  outcome: Outcome.nullable(),
  status: z.number().int().nullable(),
  code: z.string().nullable(),
  held: z.boolean(),
  edited: z.boolean(),
  conversation: z.string().nullable(),
  receivedAt: EpochMs.nullable(),
  completedAt: EpochMs.nullable(),
  promptTokens: z.number().int().nullable(),
  completionTokens: z.number().int().nullable(),
});
export type SessionSummary = z.infer<typeof SessionSummary>;

export const SessionList = z.object({
  items: z.array(SessionSummary),
  /** Give it as `cursor` to read on; absent on the last page. */
  next: z.string().optional(),
});
export type SessionList = z.infer<typeof SessionList>;

/** Recorded content: its text, or why there is none. */
export const RecordedContent = z.object({
  state: z.enum(['shown', 'withheld', 'erased', 'expired']),
  text: z.string().optional(),
});
export type RecordedContent = z.infer<typeof RecordedContent>;

/** One version of what was asked (or, at gate `response`, of the answer). */
export const RecordedVersion = z.object({
  version: z.number().int(),
  gate: Gate,
  /** Who wrote it: the requester, an approver who edited, or the model. */
  by: PersonView.nullable(),
  at: EpochMs,
  digest: z.string(),
  bytes: z.number().int(),
  content: RecordedContent,
});
export type RecordedVersion = z.infer<typeof RecordedVersion>;

/** What happened, in the ledger's order. */
export const RecordedStep = z.object({
  at: EpochMs,
  event: z.string(),
  what: z.string(),
  by: PersonView.nullable().optional(),
  index: z.number().int(),
  logId: z.string(),
  sequence: z.number().int(),
});
export type RecordedStep = z.infer<typeof RecordedStep>;

/** Why a rule or people let it through, or not. */
export const RecordedDecision = z.object({
  gate: Gate,
  version: z.number().int(),
  effect: z.enum(['held', 'released by rule', 'released by people', 'denied']),
  rules: z.array(z.string()),
  revision: z.string(),
  matches: z.array(RuleMatch),
  requirement: z.unknown().optional(),
  obligations: z.unknown().optional(),
  at: EpochMs,
});
export type RecordedDecision = z.infer<typeof RecordedDecision>;

export const RecordedVote = z.object({
  approver: PersonView.nullable(),
  vote: Vote,
  gate: Gate,
  version: z.number().int(),
  at: EpochMs,
  reason: RecordedContent.optional(),
});
export type RecordedVote = z.infer<typeof RecordedVote>;

/** Proves that an entry is in the tree of the checkpoint (RFC 6962, section 2.1.1); hashes in base64. */
export const EntryProof = z.object({
  index: z.number().int(),
  leaf: z.string(),
  path: z.array(z.string()),
});
export type EntryProof = z.infer<typeof EntryProof>;

/** `GET /v1/sessions/{id}`. */
export const SessionDetail = SessionSummary.extend({
  protocol: z.string().nullable(),
  /** The connection that the caller named; null where policy chose one. */
  namedConnection: z.string().nullable(),
  /** The token's claims that rules looked at; absent where content isn't shown, or the person was erased. */
  claims: z.record(z.string(), z.unknown()).optional(),
  /** What the caller wrote into the request's address, as `writtenAddress` has it; absent like the claims. */
  address: z.string().optional(),
  versions: z.array(RecordedVersion),
  decisions: z.array(RecordedDecision),
  votes: z.array(RecordedVote),
  answer: z
    .object({
      content: RecordedContent,
      kind: z.enum(['none', 'body', 'transcript', 'reason']),
      message: z.string().nullable(),
      contentType: z.string().nullable(),
      frames: z.number().int(),
      findings: z.array(FindingCount),
    })
    .nullable(),
  justification: RecordedContent.optional(),
  digests: z.object({
    received: z.string().nullable(),
    sent: z.string().nullable(),
    answer: z.string().nullable(),
  }),
  timings: z.record(z.string(), z.number()),
  steps: z.array(RecordedStep),
  /** Null until a checkpoint covers every entry of the request. */
  proof: z.object({ checkpoint: z.string(), key: z.string(), entries: z.array(EntryProof) }).nullable(),
});
export type SessionDetail = z.infer<typeof SessionDetail>;

/** One thing of a replay. `atMs` counts from the moment the request was received. */
export const ReplayStep = z.object({
  atMs: z.number(),
  kind: z.enum(['prompt', 'held', 'edit', 'vote', 'decision', 'released', 'answer', 'completed', 'note']),
  by: PersonView.nullable().optional(),
  /** Of a `prompt`, `edit` or held `answer`: the gate at which that text was. */
  gate: Gate.optional(),
  text: z.string(),
});
export type ReplayStep = z.infer<typeof ReplayStep>;
export const Replay = z.object({
  id: RequestId,
  /** The client protocol and operation: how the texts, which are exact, are to be read. */
  protocol: z.string().nullable(),
  operation: z.string().nullable(),
  steps: z.array(ReplayStep),
});
export type Replay = z.infer<typeof Replay>;

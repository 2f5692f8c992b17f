import { z } from 'zod';
import { EpochMs, RequestId } from '../names.ts';
import { PolicyFile } from './policy.ts';
import { Moment, RecordedContent, SessionSummary } from './sessions.ts';

/** `GET /v1/recorded`. Newest first. */
export const ListRecordedQuery = z.strictObject({ from: Moment.optional(), to: Moment.optional() });
export type ListRecordedQuery = z.infer<typeof ListRecordedQuery>;

/** What rules need to judge a recorded request again, and what became of it. */
export const RecordedRequest = SessionSummary.pick({
  id: true,
  requester: true,
  client: true,
  operation: true,
  outcome: true,
  code: true,
  held: true,
  conversation: true,
  receivedAt: true,
}).extend({
  protocol: z.string().nullable(),
  namedConnection: z.string().nullable(),
  claims: z.record(z.string(), z.unknown()).optional(),
  /** What the caller wrote into the request's address, as `writtenAddress` has it. */
  address: z.string().optional(),
  /** The body as it was sent. */
  content: RecordedContent,
  /** From the question to the last vote; null where nobody voted. */
  decisionMs: z.number().nullable(),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;

/** One line of `GET /v1/recorded` (NDJSON). Without the last one the answer broke off. */
export const RecordedLine = z.union([
  z.object({ request: RecordedRequest }),
  z.object({ end: z.object({ requests: z.number().int() }) }),
]);
export type RecordedLine = z.infer<typeof RecordedLine>;

/** `POST /v1/simulations`: judges recorded requests by a draft. */
export const SimulationBody = z.strictObject({
  files: z.array(PolicyFile).min(1).max(1000),
  from: z.union([EpochMs, z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]),
});
export type SimulationBody = z.infer<typeof SimulationBody>;

const RuleEffect = z.enum(['allow', 'hold', 'deny']);

/** A request that a draft decides otherwise. */
export const ChangedRequest = z.object({
  id: RequestId,
  user: z.string(),
  before: RuleEffect,
  after: RuleEffect,
  rules: z.array(z.string()),
});
export type ChangedRequest = z.infer<typeof ChangedRequest>;

/** What would change under a draft. Examples are only for those who may read the requests. */
export const Simulation = z.object({
  requests: z.number().int(),
  /** Not judged, by why. */
  skipped: z.record(z.string(), z.number().int()),
  newly: z.record(RuleEffect, z.object({ count: z.number().int(), examples: z.array(ChangedRequest) })),
  /** What newly held requests ask of approvers. One decision covers a conversation. */
  decisions: z.number().int(),
  /** Median time from held to the last vote, of recorded requests; null where none was decided. */
  medianDecisionMs: z.number().nullable(),
});
export type Simulation = z.infer<typeof Simulation>;

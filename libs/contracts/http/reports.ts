import { z } from 'zod';
import { Outcome } from '../events/request-completed.ts';
import { EpochMs } from '../names.ts';
import { PersonView } from './people.ts';
import { Moment } from './sessions.ts';

/** What a report has a line for each of. */
export const reportKinds = ['user', 'connection', 'rule', 'approver'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** `GET /v1/reports`. Requests received in `[from, to)`: by default the last 30 days, at most 366. */
export const ReportQuery = z.strictObject({
  by: z.enum(reportKinds),
  from: Moment.optional(),
  to: Moment.optional(),
  format: z.enum(['json', 'csv']).default('json'),
});
export type ReportQuery = z.infer<typeof ReportQuery>;

const count = z.number().int().nonnegative();

/** What a person, a connection or a rule had to do with requests. */
export const ReportLine = z.object({
  /** The name of a person's data key, a connection or a rule; empty where there is none, or it was erased. */
  key: z.string(),
  person: PersonView.nullable(),
  requests: count,
  /** How they ended; `open`: under way. */
  outcomes: z.partialRecord(z.union([Outcome, z.literal('open')]), count),
  held: count,
  /** Votes: of an approver their own, else all on these requests. */
  approvals: count,
  rejections: count,
  /** From a question, at either gate, to the (approver's, else the last) vote on it, ms. */
  decisionMs: z.object({ count, median: count.nullable(), p95: count.nullable(), longest: count.nullable() }),
  promptTokens: count,
  completionTokens: count,
  /** Values that were masked, by kind. */
  masked: z.record(z.string(), count),
});
export type ReportLine = z.infer<typeof ReportLine>;

/** Lines by number of requests, the most first. A request with several rules or approvers is in a line of each. */
export const Report = z.object({
  by: z.enum(reportKinds),
  from: EpochMs,
  to: EpochMs,
  requests: count,
  lines: z.array(ReportLine),
});
export type Report = z.infer<typeof Report>;

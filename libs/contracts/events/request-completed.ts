import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256, SubjectToken } from '../names.ts';
import { RuleMatch } from '../obligations.ts';

export const Outcome = z.enum([
  'answered',
  'denied',
  'rejected',
  'expired',
  'cancelled',
  'blocked',
  'failed',
]);
export type Outcome = z.infer<typeof Outcome>;

/** What the sealed tail holds. */
export const CompletedTail = z.enum([
  /** Nothing. */
  'none',
  /** The body's bytes as the client gets them. */
  'body',
  /** JSON `[[t, text], …]`: every frame's text with its time in ms after `receivedAt`. */
  'transcript',
  /** JSON `{reason}`: why people refused. */
  'reason',
]);

/** How much of one entity was masked, and where. */
export const FindingCount = z.object({
  entity: z.string(),
  rule: z.string(),
  where: z.enum(['request', 'answer']),
  count: z.number().int().positive(),
});
export type FindingCount = z.infer<typeof FindingCount>;

/** A request ended. The first in stream order counts. Subject token: an ingress instance, or `parked`. */
export const requestCompleted = defineEvent({
  name: 'request.completed',
  live: true,
  tokens: ['destination'],
  schema: z.object({
    requestId: RequestId,
    version: z.number().int().min(1),
    outcome: Outcome,
    /** HTTP status of the answer. */
    status: z.number().int().min(100).max(599),
    /** A stable error code where the outcome is not `answered`. */
    code: z.string().max(80).optional(),
    /** Public text that goes with the code; never content. */
    message: z.string().max(2000).optional(),
    tail: CompletedTail,
    /** Where the tail is by reference: its name in the object store. */
    store: z.string().optional(),
    contentType: z.string().max(255).optional(),
    /** Answer headers the client gets. */
    headers: z.record(z.string(), z.string()).optional(),
    stream: z.boolean(),
    /** Number of the last frame; 0 where there is none. */
    frames: z.number().int().nonnegative(),
    attempt: z.number().int().nonnegative(),
    edited: z.boolean(),
    /** The vault holds values for placeholders in this answer: its caller gets them back. */
    restorable: z.boolean().optional(),
    subjectKey: z.string().max(64),
    destination: SubjectToken,
    connection: SubjectToken.optional(),
    model: z.string().max(255).nullable().optional(),
    rules: z.array(z.string()),
    revision: z.string().optional(),
    /** What the rules found in a request that they denied. */
    matches: z.array(RuleMatch).optional(),
    /** Digest of the body that the model got. */
    sentDigest: Sha256.optional(),
    /** Digest of the bytes that the client gets. */
    answerDigest: Sha256.optional(),
    usage: z
      .object({
        promptTokens: z.number().int().nonnegative(),
        completionTokens: z.number().int().nonnegative(),
      })
      .optional(),
    findings: z.array(FindingCount),
    timings: z.object({
      receivedAt: EpochMs,
      decidedAt: EpochMs.optional(),
      modelStartedAt: EpochMs.optional(),
      firstByteAt: EpochMs.optional(),
      completedAt: EpochMs,
    }),
  }),
});
export type RequestCompleted = EventHead<typeof requestCompleted>;

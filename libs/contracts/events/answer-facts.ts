import { z } from 'zod';
import { EpochMs, Sha256 } from '../names.ts';
import { FindingCount } from './request-completed.ts';

/** What is known of a model's answer beside its text: travels with an answer that people look at, by value. */
export const AnswerFacts = z.object({
  /** HTTP status of the model's server. */
  status: z.number().int().min(100).max(599),
  contentType: z.string().max(255).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Whether the body is the text of a stream. */
  stream: z.boolean(),
  attempt: z.number().int().nonnegative(),
  /** As in `request.completed`. */
  restorable: z.boolean().optional(),
  sentDigest: Sha256.optional(),
  usage: z
    .object({
      promptTokens: z.number().int().nonnegative(),
      completionTokens: z.number().int().nonnegative(),
    })
    .optional(),
  findings: z.array(FindingCount),
  modelStartedAt: EpochMs.optional(),
  firstByteAt: EpochMs.optional(),
});
export type AnswerFacts = z.infer<typeof AnswerFacts>;

import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256 } from '../names.ts';

/**
 * A caller was given an answer with the values that masking had taken out of the prompt. The log holds the answer with
 * its placeholders; this says which bytes its caller got.
 */
export const answerRestored = defineEvent({
  name: 'answer.restored',
  schema: z.object({
    requestId: RequestId,
    subjectKey: z.string().max(64),
    /** SHA-256 of the answer's bytes as they were written to the caller. */
    digest: Sha256,
    bytes: z.number().int().nonnegative(),
    at: EpochMs,
  }),
});
export type AnswerRestored = EventHead<typeof answerRestored>;

import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256, SubjectToken } from '../names.ts';
import { Obligations } from '../obligations.ts';
import { BodyReference, RequestContext } from '../request-context.ts';
import { AnswerFacts } from './answer-facts.ts';

export const Gate = z.enum(['prompt', 'response', 'change']);
export type Gate = z.infer<typeof Gate>;

/** Authenticates a release: HMAC by policy for a rule, Ed25519 by approval for people. */
export const ReleaseSignature = z.object({
  algorithm: z.enum(['hmac-sha256', 'ed25519']),
  keyId: z.string().max(64),
  value: z.string().max(128),
});
export type ReleaseSignature = z.infer<typeof ReleaseSignature>;

/** Everything the signature covers, and nothing else decides what masking does. */
export const ReleaseTerms = z.object({
  requestId: RequestId,
  version: z.number().int().min(1),
  gate: Gate,
  digest: Sha256,
  connection: SubjectToken,
  upstreamModel: z.string().max(255).nullable(),
  operation: z.string().max(60),
  obligations: Obligations,
  notAfter: EpochMs,
});
export type ReleaseTerms = z.infer<typeof ReleaseTerms>;

/**
 * A rule or people released a request to the model (gate `prompt`) or an answer to the client (gate
 * `response`). Subject tokens: `rule` or `people`, and the connection. Tail: the body, where `body.location`
 * says so.
 */
export const requestReleased = defineEvent({
  name: 'request.released',
  tokens: ['by', 'connection'],
  schema: z.object({
    terms: ReleaseTerms,
    signature: ReleaseSignature,
    body: BodyReference,
    subjectKey: z.string().max(64),
    protocol: z.string().max(40),
    method: z.string().max(10),
    path: z.string().max(2048),
    headers: z.record(z.string(), z.string()),
    /** Where `completed` and frames go: an ingress instance, or `parked`. */
    destination: SubjectToken,
    stream: z.boolean(),
    model: z.string().max(255).nullable(),
    /** The rules that decided, and the revision they are from. */
    rules: z.array(z.string()),
    revision: z.string(),
    /** The requester's groups, so that freezing one stops what runs. */
    groups: z.array(z.string().max(255)).max(500).optional(),
    receivedAt: EpochMs,
    decidedAt: EpochMs,
    /** Names the conversation that masking's placeholders stay the same in. */
    conversation: z.string().max(255).optional(),
    /** Set where the answer is reviewed: masking asks people with it. */
    context: RequestContext.optional(),
    /** Set at gate `response`: as it stood in `approval.requested`. */
    answer: AnswerFacts.optional(),
  }),
});
export type RequestReleased = EventHead<typeof requestReleased>;

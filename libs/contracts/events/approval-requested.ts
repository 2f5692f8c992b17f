import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256, SubjectToken } from '../names.ts';
import { ApprovalRequirement, Obligations, RuleMatch } from '../obligations.ts';
import { BodyReference, RequestContext } from '../request-context.ts';
import { AnswerFacts } from './answer-facts.ts';
import { Gate } from './request-released.ts';

/**
 * A held request without its values (numbers and ids standing alone): requests with the same digests have the same shape.
 * Made by policy, compared by approval.
 */
export const RequestShape = z.object({
  /** Of the whole request: model, operation, system text, tools, parameters and every turn. */
  template: Sha256,
  /** Of what stands outside the turns, and of those new turns that a rule holds. */
  heldTurns: Sha256,
  /** Of the rules that hold it, by name and content. */
  rules: Sha256,
});
export type RequestShape = z.infer<typeof RequestShape>;

/** A request (or its answer, or a change of the policy) waits for people. Tail: the content, where `body.location` says so. */
export const approvalRequested = defineEvent({
  name: 'approval.requested',
  schema: z.object({
    requestId: RequestId,
    version: z.number().int().min(1),
    gate: Gate,
    context: RequestContext,
    body: BodyReference,
    connection: SubjectToken,
    upstreamModel: z.string().max(255).nullable(),
    model: z.string().max(255).nullable(),
    stream: z.boolean(),
    obligations: Obligations,
    requirement: ApprovalRequirement,
    matches: z.array(RuleMatch).max(1000),
    rules: z.array(z.string()),
    revision: z.string(),
    conversation: z.object({
      id: z.string(),
      /** Index of the first turn that no approval covers yet. */
      newSinceTurn: z.number().int().nonnegative(),
      /** KV `approved` keys that an approval of this request opens. */
      approves: z.array(z.string()),
    }),
    /** What a grant for "the same shape" compares; absent where no grant can cover it. */
    shape: RequestShape.optional(),
    /** Set at gate `response`; its release carries it back. */
    answer: AnswerFacts.optional(),
    requestedAt: EpochMs,
    expiresAt: EpochMs,
    /** Of who asks (Ed25519, base64), over the rest of the head: see `questionBytes`. */
    questionSignature: z.string().max(100).optional(),
  }),
});
export type ApprovalRequested = EventHead<typeof approvalRequested>;

import { z } from 'zod';
import { canonicalJson } from './envelope/canonical.ts';
import type { ApprovalDecided } from './events/approval-decided.ts';
import type { ApprovalRequested } from './events/approval-requested.ts';
import type { ReleaseTerms } from './events/request-released.ts';
import { PolicyChange } from './http/policy.ts';
import { type ServiceName, Sha256 } from './names.ts';
import type { ApprovalRequirement } from './obligations.ts';
import type { Principal } from './principal.ts';

/** What people can be asked to allow at gate `change`. */
export const ChangeKind = z.enum(['config.activation', 'content.erasure']);
export type ChangeKind = z.infer<typeof ChangeKind>;

/**
 * A change as approvers see it, whole: the content of an `approval.requested` at gate `change`. Its canonical JSON is
 * the sealed tail, and the SHA-256 of that is the digest people vote on and approval signs.
 */
export const ProposedChange = z.strictObject({
  kind: ChangeKind,
  /** What is changed: a revision such as `r7`, or the name of a person's data key. */
  subject: z.string().max(255),
  /** SHA-256 of what comes into force, or of the list of what goes away. */
  digest: Sha256,
  /** One line in plain words. */
  summary: z.string().max(500),
  /** Why, in the words of who asks. */
  message: z.string().max(2000),
  /** What it takes the place of; something else by then, and the change is outdated. */
  replaces: z.string().max(255).optional(),
  /** What differs, place by place; empty where there is nothing to compare. */
  differences: z.array(PolicyChange),
  /** Other facts worth a look, e.g. how many requests an erasure is about. */
  facts: z.record(z.string().max(80), z.union([z.string().max(500), z.number()])).default({}),
});
export type ProposedChange = z.infer<typeof ProposedChange>;

/** Most bytes of a proposed change: approvers see all of it, and one message carries it. */
export const proposedChangeLimitBytes = 1024 * 1024;

/** The bytes that are sealed (label `contentLabel(requestId, 'body:1')`) and whose SHA-256 is the digest. Pure. */
export function proposedChangeBytes(change: ProposedChange): Buffer {
  return Buffer.from(canonicalJson(change), 'utf8');
}

/** Who asks for a change, and under what. */
export interface ChangeAsked {
  /** A new one: `req-` and 32 hex digits. */
  requestId: string;
  kind: ChangeKind;
  /** SHA-256 and size of `proposedChangeBytes`. */
  digest: string;
  bytes: number;
  /** Who asks: never among those who decide. */
  principal: Principal;
  subjectKey: string;
  /** The service that will act on the decision. */
  service: ServiceName;
  requirement: ApprovalRequirement;
  /** The provision that asks for approval, and the revision it is from. */
  rule: string;
  revision: string;
  nowMs: number;
}

/** The head of `approval.requested` at gate `change`; its tail is the sealed `proposedChangeBytes`. Pure. */
export function changeRequested(asked: ChangeAsked): ApprovalRequested {
  const { requestId, kind, digest, bytes, principal, subjectKey, service, requirement, nowMs } = asked;
  return {
    requestId,
    version: 1,
    gate: 'change',
    context: {
      principal,
      subjectKey,
      client: { family: 'unknown' },
      protocol: 'change',
      operation: kind,
      method: 'POST',
      path: '/',
      instance: service,
      wait: 'async',
      headers: {},
      fingerprint: digest,
      receivedAt: nowMs,
    },
    body: { digest, bytes, location: { in: 'tail' } },
    connection: service,
    upstreamModel: null,
    model: null,
    stream: false,
    obligations: {},
    requirement,
    matches: [],
    rules: [asked.rule],
    revision: asked.revision,
    conversation: { id: requestId, newSinceTurn: 0, approves: [] },
    requestedAt: nowMs,
    expiresAt: nowMs + requirement.expiresInMs,
  };
}

/** An outcome among `approval.decided`. */
export type DecidedOutcome = Extract<ApprovalDecided, { kind: 'outcome' }>;

/**
 * What approval's signature on an approved change covers: the request as this service published it and kept it, and
 * when it was decided. Pure.
 */
export function changeTerms(requested: ApprovalRequested, decidedAtMs: number): ReleaseTerms {
  const { requestId, version, body, connection, upstreamModel, obligations, context } = requested;
  return {
    ...{ requestId, version, digest: body.digest, connection, upstreamModel, obligations },
    gate: 'change',
    operation: context.operation,
    notAfter: decidedAtMs,
  };
}

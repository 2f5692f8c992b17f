import {
  type ApprovalRequested,
  type BodyReference,
  carriedBodyLimitBytes,
  type ReleaseTerms,
  type RequestCompleted,
  type RequestContext,
  type RequestReleased,
} from '#contracts';
import type { RuleReleaseKey } from '#sealing';
import { enforced, matchesOf, type Verdict } from './judge.ts';

/** A request that policy judged: new, or edited by people. */
export interface Judged {
  requestId: string;
  version: number;
  context: RequestContext;
  body: BodyReference;
  /** Stream sequence of the event whose tail holds the body. */
  sequence: number;
  revision: string;
  nowMs: number;
}

/**
 * A rule's release that no replica took up in this time is void, and the request completes as failed. Shorter than the
 * broker remembers message ids, so that a release stored twice is never run twice.
 */
const releaseValidMs = 5 * 60_000;

/** Where `completed` and frames of a request go. */
export function destinationOf({ context, version }: Judged, background: boolean): string {
  return context.wait === 'open' && version === 1 && !background ? context.instance : 'parked';
}

/** The body as the next event names it: carried where small, by sequence where large. */
export function carriedBody({ body, sequence }: Judged): BodyReference {
  if (body.location.in !== 'tail' || body.bytes <= carriedBodyLimitBytes) return body;
  return { ...body, location: { in: 'stream', sequence } };
}

/** `request.released` by rule, signed. Pure. */
export function releaseOf(
  judged: Judged,
  verdict: Extract<Verdict, { kind: 'allowed' }>,
  key: RuleReleaseKey,
): RequestReleased {
  const { requestId, version, context, body, nowMs } = judged;
  const { decision, model, stream, background } = verdict;
  const terms: ReleaseTerms = {
    requestId,
    version,
    gate: 'prompt',
    digest: body.digest,
    connection: decision.connection,
    upstreamModel: decision.upstreamModel,
    operation: context.operation,
    obligations: decision.obligations,
    notAfter: nowMs + releaseValidMs,
  };
  return {
    terms,
    signature: key.sign(terms),
    body: carriedBody(judged),
    subjectKey: context.subjectKey,
    protocol: context.protocol,
    method: context.method,
    path: context.path,
    headers: context.headers,
    destination: destinationOf(judged, background),
    stream,
    model,
    rules: enforced(decision).map(({ name }) => name),
    revision: judged.revision,
    ...(context.principal.groups.length > 0 && { groups: context.principal.groups }),
    receivedAt: context.receivedAt,
    decidedAt: nowMs,
    ...(context.conversation !== undefined && { conversation: context.conversation }),
    // Masking asks people about the answer, and they have to know whose it is.
    ...(decision.obligations.review && { context }),
  };
}

/** `approval.requested` for the prompt gate. Pure. */
export function approvalOf(judged: Judged, verdict: Extract<Verdict, { kind: 'held' }>): ApprovalRequested {
  const { requestId, version, context, nowMs } = judged;
  const { decision, model, stream, conversation } = verdict;
  const requirement = decision.requirement!;
  return {
    requestId,
    version,
    gate: 'prompt',
    context: verdict.background && context.wait === 'open' ? { ...context, wait: 'background' } : context,
    body: carriedBody(judged),
    connection: decision.connection,
    upstreamModel: decision.upstreamModel,
    model,
    stream,
    obligations: decision.obligations,
    requirement,
    matches: [...matchesOf(decision)],
    rules: enforced(decision).map(({ name }) => name),
    revision: judged.revision,
    conversation,
    ...(verdict.shape && { shape: verdict.shape }),
    requestedAt: nowMs,
    expiresAt: nowMs + requirement.expiresInMs,
  };
}

/** `request.completed` for a refusal. Pure. */
export function refusalOf(judged: Judged, verdict: Extract<Verdict, { kind: 'refused' }>): RequestCompleted {
  const { requestId, version, context, nowMs } = judged;
  return {
    requestId,
    version,
    outcome: 'denied',
    status: verdict.status,
    code: verdict.code,
    message: verdict.message,
    tail: 'none',
    stream: false,
    frames: 0,
    attempt: 0,
    edited: version > 1,
    subjectKey: context.subjectKey,
    destination: destinationOf(judged, false),
    ...(verdict.connection !== undefined && { connection: verdict.connection }),
    model: verdict.model?.slice(0, 255) ?? null,
    rules: verdict.rules,
    ...(verdict.matches && { matches: [...verdict.matches] }),
    revision: judged.revision,
    findings: [],
    timings: { receivedAt: context.receivedAt, decidedAt: nowMs, completedAt: nowMs },
  };
}

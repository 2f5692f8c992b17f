import { z } from 'zod';
import { decodeEnvelope, type RequestCompleted, requestCompleted } from '#contracts';
import type { BodyStore } from '#messaging';
import type { WireError } from '#protocols';
import { contentLabel, type Sealer } from '#sealing';

/** A `request.completed` with its sealed tail. */
export interface Completion {
  head: RequestCompleted;
  tail: Uint8Array;
}

/** One entry of a transcript: ms after `receivedAt`, and the frame's text. */
const Transcript = z.array(z.tuple([z.number(), z.string()]));
const Reason = z.object({ reason: z.string() });

/** Reads the payload of `request.completed`. Throws where it breaks its contract. */
export function readCompletion(payload: Uint8Array): Completion {
  const { head, tail } = decodeEnvelope(payload);
  return { head: requestCompleted.schema.parse(head), tail };
}

/** What a completion holds, opened. */
export type CompletedContent =
  | { kind: 'none' }
  | { kind: 'body'; bytes: Uint8Array }
  | { kind: 'transcript'; texts: string[] }
  | { kind: 'reason'; reason: string };

/** The associated data under which each kind of tail is sealed. */
const parts = { body: 'answer', transcript: 'answer', reason: 'reason' } as const;

/**
 * Opens a completion's content with the key of the person who asked, whoever's the completion says it is: nobody is given
 * another person's. Throws `ContentErasedError` where that key is gone.
 */
export async function openCompletion(
  completion: Completion,
  subjectKey: string,
  sealer: Sealer,
  bodies: BodyStore,
): Promise<CompletedContent> {
  const { head } = completion;
  if (head.tail === 'none') return { kind: 'none' };
  const sealed = head.store === undefined ? completion.tail : await bodies.get(head.store);
  if (!sealed) throw new Error(`${head.requestId}: the stored answer is gone`);
  const bytes = await sealer.open(subjectKey, contentLabel(head.requestId, parts[head.tail]), sealed);
  if (head.tail === 'body') return { kind: 'body', bytes };
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (head.tail === 'reason') return { kind: 'reason', reason: Reason.parse(value).reason };
  return { kind: 'transcript', texts: Transcript.parse(value).map(([, text]) => text) };
}

const retryable = new Set([502, 503, 504]);

/** The error that a client gets for an outcome other than `answered`. */
export function errorOf(
  head: RequestCompleted,
  reason: string | undefined,
  approvers: readonly string[],
): Omit<WireError, 'requestId'> {
  const code = head.code ?? 'internal.error';
  const text = head.message ?? 'The request was not answered.';
  return {
    status: head.status >= 400 ? head.status : 500,
    code,
    message: reason === undefined ? text : `${text} Reason: ${reason}`,
    ...(head.outcome === 'failed' && retryable.has(head.status) && { retryAfterMs: 1000 }),
    details: {
      request_id: head.requestId,
      ...(head.rules.length > 0 && { rules: [...head.rules] }),
      ...(approvers.length > 0 && { approval_id: head.requestId, approvers: [...approvers] }),
      ...(reason !== undefined && { reason }),
    },
  };
}

/** What Sallyport itself took of the time between a request and its answer, in ms. */
export function overheadMs(head: RequestCompleted, nowMs: number): number {
  const { receivedAt, modelStartedAt, completedAt } = head.timings;
  const model = modelStartedAt === undefined ? 0 : completedAt - modelStartedAt;
  return Math.max(0, nowMs - receivedAt - model);
}

import { z } from 'zod';
import { decodeEnvelope, EpochMs, type RequestCompleted, RequestId, SubjectToken } from '#contracts';

/** As much of a head as an ending needs, whatever else is wrong with it. */
const Readable = z.object({
  requestId: RequestId,
  version: z.number().int().min(1).default(1),
  context: z.object({
    subjectKey: z.string().max(64),
    instance: SubjectToken,
    wait: z.enum(['open', 'async', 'background']).catch('open'),
    receivedAt: EpochMs,
  }),
});

/**
 * The ending of a request whose event policy gave up: its client must not wait for nothing. Undefined where the event does
 * not even say which request it is. Pure.
 */
export function endingOfGivenUp(payload: Uint8Array, nowMs: number): RequestCompleted | undefined {
  const parsed = Readable.safeParse(headOf(payload));
  if (!parsed.success) return undefined;
  const { requestId, version, context } = parsed.data;
  const isWaiting = context.wait === 'open' && version === 1;
  return {
    requestId,
    version,
    outcome: 'failed',
    status: 500,
    code: 'internal.error',
    message: 'The gateway could not judge this request. It was set aside for the operators.',
    tail: 'none',
    stream: false,
    frames: 0,
    attempt: 0,
    edited: version > 1,
    subjectKey: context.subjectKey,
    destination: isWaiting ? context.instance : 'parked',
    rules: [],
    findings: [],
    timings: { receivedAt: context.receivedAt, completedAt: nowMs },
  };
}

function headOf(payload: Uint8Array): unknown {
  try {
    return decodeEnvelope(payload).head;
  } catch {
    return undefined;
  }
}

import {
  type ErrorCode,
  encodeEnvelope,
  errorStatus,
  type FindingCount,
  inlineBodyLimitBytes,
  type RequestCompleted,
  type RequestReleased,
  requestCompleted,
} from '#contracts';
import { type BodyStore, type Bus, MissingDependencyError, NotStoredError } from '#messaging';
import { metrics } from '#telemetry';
import type { RequestSealer } from './asking/request-sealer.ts';
import type { Usage } from './asking/usage.ts';

/** How a request ended, without what its release already says. */
export interface Ending {
  readonly outcome: RequestCompleted['outcome'];
  readonly status: number;
  readonly code?: ErrorCode;
  readonly message?: string;
  /** What the client gets: its bytes, or a transcript as JSON. */
  readonly content?: { readonly kind: 'body' | 'transcript'; readonly bytes: Uint8Array };
  /** JSON `{reason}`, sealed already. */
  readonly reason?: Uint8Array;
  readonly contentType?: string | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly stream: boolean;
  readonly frames: number;
  readonly attempt: number;
  /** The vault holds values for its caller. */
  readonly restorable?: boolean | undefined;
  readonly sentDigest?: string | undefined;
  readonly answerDigest?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly findings: FindingCount[];
  readonly modelStartedAt?: number | undefined;
  readonly firstByteAt?: number | undefined;
}

/** An ending without an answer. */
export function endingOf(outcome: Ending['outcome'], code: ErrorCode, message: string, attempt = 0): Ending {
  return {
    outcome,
    status: errorStatus[code],
    code,
    message,
    stream: false,
    frames: 0,
    attempt,
    findings: [],
  };
}

const firstPauseMs = 100;
const longestPauseMs = 2000;

/** Publishes the one `request.completed` of a request. */
export class Completions {
  constructor(
    private readonly bus: Bus,
    private readonly sealer: RequestSealer,
    private readonly bodies: BodyStore,
  ) {}

  /**
   * Seals and publishes; tries again for as long as the lease lasts, because the model must not be called again for a
   * log that is away. Throws once the lease is lost, and `ContentErasedError` where its content can't be sealed any more.
   */
  async publish(head: RequestReleased, ending: Ending, lease: Lease): Promise<void> {
    await persistently(lease, () => this.publishOnce(head, ending));
    metrics.requests.inc({ outcome: ending.outcome });
  }

  private async publishOnce(head: RequestReleased, ending: Ending): Promise<void> {
    const { requestId } = head.terms;
    const { content } = ending;
    let tail = ending.reason;
    let store: string | undefined;
    if (content !== undefined) {
      tail = await this.sealer.seal(head, 'answer', content.bytes);
      if (tail.length > inlineBodyLimitBytes) {
        store = `${requestId}.answer`;
        await this.bodies.put(store, tail);
        tail = undefined;
      }
    }
    const event = completedHead(head, ending, store, Date.now());
    const options = { messageId: `${requestId}:completed` };
    await this.bus.publish(requestCompleted.subject(head.destination), encodeEnvelope(event, tail), options);
  }
}

/** The same type with `undefined` for what is left out: JSON drops it. */
type Stated<T> = { [K in keyof T]: T[K] extends object ? Stated<T[K]> : T[K] | undefined };

function completedHead(
  head: RequestReleased,
  ending: Ending,
  store: string | undefined,
  nowMs: number,
): Stated<RequestCompleted> {
  const { terms } = head;
  // Written out, not spread: this runs for every request.
  return {
    requestId: terms.requestId,
    version: terms.version,
    outcome: ending.outcome,
    status: ending.status,
    code: ending.code,
    message: ending.message,
    tail: ending.content?.kind ?? (ending.reason ? 'reason' : 'none'),
    store,
    contentType: ending.contentType,
    headers: ending.headers,
    stream: ending.stream,
    frames: ending.frames,
    attempt: ending.attempt,
    edited: terms.version > 1,
    restorable: ending.restorable,
    subjectKey: head.subjectKey,
    destination: head.destination,
    connection: terms.connection,
    model: head.model,
    rules: head.rules,
    revision: head.revision,
    sentDigest: ending.sentDigest,
    answerDigest: ending.answerDigest,
    usage: ending.usage,
    findings: ending.findings,
    timings: {
      receivedAt: head.receivedAt,
      decidedAt: head.decidedAt,
      modelStartedAt: ending.modelStartedAt,
      firstByteAt: ending.firstByteAt,
      completedAt: nowMs,
    },
  };
}

/** What a message's lease can be asked; an `EventMessage` makes its signal only when it is. */
export interface Lease {
  readonly lease: AbortSignal;
}

/** Repeats what fails for a missing dependency until it succeeds or the lease is lost. */
export async function persistently<T>(message: Lease, step: () => Promise<T>): Promise<T> {
  for (let wait = firstPauseMs; ; wait = Math.min(wait * 2, longestPauseMs)) {
    try {
      return await step();
    } catch (error) {
      const passes = error instanceof NotStoredError || error instanceof MissingDependencyError;
      if (!passes && !isBrokerError(error)) throw error;
      if (message.lease.aborted) throw new Error('lease lost before the ending was stored', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Errors of the NATS client while the broker is away. */
function isBrokerError(error: unknown): boolean {
  return error instanceof Error && /timeout|no responders|closed|disconnect/i.test(error.message);
}

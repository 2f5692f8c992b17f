import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

/** Why a call was ended from our side. */
export type AbortReason =
  | 'client_gone'
  | 'lease_lost'
  | 'revoked'
  | 'shutdown'
  | 'frozen'
  | 'invalid_answer'
  | 'over';

export type FailureCode =
  | 'upstream.unavailable'
  | 'upstream.timeout'
  | 'upstream.interrupted'
  | 'upstream.invalid_answer';

export type CallEnd =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly sent: boolean; readonly cause: string }
  | { readonly kind: 'aborted'; readonly reason: AbortReason };

/** Takes an answer as it comes. What it throws ends the call, and `run` throws it. */
export interface AnswerSink {
  start(status: number, headers: IncomingHttpHeaders): void;
  data(chunk: Buffer): void;
  /** Where it does not matter how an answer is cut: chunks that come together are given as one. */
  readonly takesJoined?: boolean;
}

export interface CallRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | null;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

class Aborted extends Error {
  constructor(readonly reason: AbortReason) {
    super(reason);
  }
}

const aborts = new Map<AbortReason, Aborted>();
const abortOf = (reason: AbortReason): Aborted => {
  const known = aborts.get(reason) ?? new Aborted(reason);
  aborts.set(reason, known);
  return known;
};

const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** The call's own time is over; another try has none. */
const overdueCause = 'total';

/** Whether nothing of the request can have reached the server, so that it may be sent again. */
export function isSafeToRepeat(end: CallEnd): boolean {
  return end.kind === 'failed' && !end.sent && end.cause !== overdueCause;
}

/** One HTTP exchange with a model server, on undici's lowest level: no stream object, no header copies. */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  private sink: AnswerSink | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private finish: ((end: CallEnd) => void) | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private thrown: { error: unknown } | undefined;
  private arrived: Buffer[] = [];
  private early: AbortReason | undefined;
  private timedOut = false;
  private sent = false;
  private answering = false;

  /** Runs the call. Resolves with how it ended; rejects only with what the sink threw. */
  async run(pool: Pool, request: CallRequest, sink: AnswerSink): Promise<CallEnd> {
    if (this.early) return { kind: 'aborted', reason: this.early };
    this.sink = sink;
    const { method, path, headers, body, firstByteMs, idleMs, totalMs } = request;
    const end = await new Promise<CallEnd>((resolve) => {
      this.finish = resolve;
      this.deadline = setTimeout(() => this.overdue(), totalMs);
      pool.dispatch(
        {
          method: method as Dispatcher.HttpMethod,
          path,
          headers,
          body,
          headersTimeout: firstByteMs,
          bodyTimeout: idleMs,
        },
        this,
      );
    });
    clearTimeout(this.deadline);
    if (this.thrown) throw this.thrown.error;
    return end;
  }

  /** Ends the call from our side. */
  abort(reason: AbortReason): void {
    this.early ??= reason;
    this.controller?.abort(abortOf(reason));
    this.finish?.({ kind: 'aborted', reason: this.early });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.sent = true;
    if (this.early) controller.abort(abortOf(this.early));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.answering = true;
    this.guarded(() => this.sink?.start(status, headers));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.early || this.thrown) return;
    if (this.sink?.takesJoined !== true) {
      this.guarded(() => this.sink?.data(chunk));
      return;
    }
    // One read of the socket often brings several events of a stream.
    if (this.arrived.push(chunk) === 1) process.nextTick(this.passOn);
  }

  onResponseEnd(): void {
    this.passOn();
    this.finish?.({ kind: 'ended' });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.passOn();
    if (error instanceof Aborted) {
      this.finish?.({ kind: 'aborted', reason: error.reason });
      return;
    }
    const cause = (error as { code?: string }).code ?? error.name;
    this.finish?.({ kind: 'failed', code: this.failureCode(cause), sent: this.sent, cause });
  }

  private readonly passOn = (): void => {
    const { arrived } = this;
    const [first] = arrived;
    if (first === undefined) return;
    this.arrived = [];
    if (this.early || this.thrown) return;
    const chunk = arrived.length === 1 ? first : Buffer.concat(arrived);
    this.guarded(() => this.sink?.data(chunk));
  };

  private guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.thrown ??= { error };
      this.controller?.abort(abortOf('invalid_answer'));
    }
  }

  private overdue(): void {
    this.timedOut = true;
    this.controller?.abort(new Error('total time is over'));
    this.finish?.({ kind: 'failed', code: 'upstream.timeout', sent: this.sent, cause: overdueCause });
  }

  private failureCode(cause: string): FailureCode {
    if (this.timedOut || timeoutCodes.has(cause)) return 'upstream.timeout';
    if (cause === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || cause.startsWith('HPE_'))
      return 'upstream.invalid_answer';
    return this.answering ? 'upstream.interrupted' : 'upstream.unavailable';
  }
}

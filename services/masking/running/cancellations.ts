import { decodeEnvelope, type RequestCancelled, type RequestReleased, requestCancelled } from '#contracts';
import type { Bus } from '#messaging';
import type { AbortReason } from '../upstream/call.ts';

const mostRemembered = 10_000;

/** A call under way, by its request. */
export interface RunningCall {
  readonly head: RequestReleased;
  /** A parked request goes on when its client leaves; only its requester ends it. */
  readonly parked: boolean;
  abort(reason: AbortReason): void;
}

/** Hears live which requests are cancelled, and ends their calls. */
export class Cancellations {
  private readonly running = new Map<string, RunningCall>();
  /** Cancelled before their release came here. */
  private early = new Map<string, RequestCancelled['reason']>();
  private stop: () => void = () => undefined;

  constructor(private readonly bus: Bus) {}

  start(): void {
    this.stop = this.bus.listen(requestCancelled.liveFilter(), ({ data }) => {
      try {
        const parsed = requestCancelled.schema.safeParse(decodeEnvelope(data).head);
        if (parsed.success) this.cancel(parsed.data);
      } catch {
        // Not an envelope: nobody's cancellation.
      }
    });
  }

  /** Whether a request was cancelled before it got here. */
  wasCancelled(requestId: string, parked: boolean): boolean {
    const reason = this.early.get(requestId);
    return reason !== undefined && endsCall(reason, parked);
  }

  enter(requestId: string, call: RunningCall): void {
    this.running.set(requestId, call);
  }

  leave(requestId: string, call: RunningCall): void {
    if (this.running.get(requestId) === call) this.running.delete(requestId);
  }

  /** Ends all calls: the process is about to go. */
  abortAll(reason: AbortReason): void {
    for (const call of this.running.values()) call.abort(reason);
  }

  /** Ends the calls of what was frozen. */
  abortFrozen(isFrozen: (head: RequestReleased) => boolean): void {
    for (const call of this.running.values()) if (isFrozen(call.head)) call.abort('frozen');
  }

  close(): void {
    this.stop();
  }

  private cancel({ requestId, reason }: RequestCancelled): void {
    const call = this.running.get(requestId);
    if (call && endsCall(reason, call.parked)) call.abort('client_gone');
    if (this.early.size >= mostRemembered) this.early = new Map();
    this.early.set(requestId, reason);
  }
}

function endsCall(reason: RequestCancelled['reason'], parked: boolean): boolean {
  return !parked || reason === 'requester';
}

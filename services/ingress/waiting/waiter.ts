import { decodeFrame, type HeldEntry } from '#contracts';
import type { BodyStore } from '#messaging';
import { ContentErasedError, contentLabel, type Sealer } from '#sealing';
import type { ClientConnection } from './client-connection.ts';
import { type CompletedContent, type Completion, errorOf, openCompletion, overheadMs } from './completion.ts';
import type { RestoredAnswer, Restoring } from './restoring.ts';

export interface WaitingRequest {
  requestId: string;
  subjectKey: string;
  /** Whether the body asks for a stream; looked at only when nothing has come for a while. */
  asksForStream: () => boolean;
  patienceMs: number | undefined;
  statusUrl: string;
}

export interface WaiterEvents {
  /** The client was told to come back. */
  onPatienceOver: () => void;
  /** Everything was written. */
  onDelivered: (completion: Completion) => void;
  onError: (error: unknown) => void;
}

/** What SDKs send again by themselves, unless they are told: so they are told what they would do. */
const isRetried = (status: number): boolean => status >= 500 || [408, 409, 429].includes(status);

/**
 * One client that waits for one request: writes frames in order as they come, then the end. What it writes is always a
 * prefix of the transcript that `completed` carries, so a lost frame is taken from there.
 */
export class Waiter {
  private written = 0;
  private chain: Promise<void> = Promise.resolve();
  private patience: NodeJS.Timeout | undefined;
  private approvers: readonly string[] = [];
  private closed = false;
  /** Undefined until the first part of an answer that is to be restored. */
  private restored: RestoredAnswer | null | undefined;
  readonly startedAt = Date.now();

  constructor(
    readonly request: WaitingRequest,
    readonly client: ClientConnection,
    private readonly sealer: Sealer,
    private readonly bodies: BodyStore,
    private readonly restoring: Restoring,
    readonly keepAliveMs: number,
    private readonly events: WaiterEvents,
  ) {}

  get finished(): boolean {
    return this.closed || !this.client.open;
  }

  /** Who was asked to decide; a refusal names them. */
  know({ groups }: HeldEntry): void {
    this.approvers = groups;
  }

  /** People were asked: a stream gets keep-alives, another call waits in silence as long as its client does. */
  park(entry: HeldEntry): void {
    this.know(entry);
    if (this.finished) return;
    if (entry.stream) this.client.openStream(this.keepAliveMs);
    else this.startPatience(entry);
  }

  /** Nothing came for a while: a stream gets its headers, so that its client goes on waiting. */
  comfort(): void {
    if (!this.finished && !this.client.streaming && this.request.asksForStream()) {
      this.client.openStream(this.keepAliveMs);
    }
  }

  /** A frame of the answer, from the live feed or the stream; one that was written already is passed over. */
  frame(payload: Uint8Array): void {
    this.inOrder(async () => {
      const { number, sealed, restorable } = decodeFrame(payload);
      if (this.finished || number !== this.written + 1) return;
      const label = contentLabel(this.request.requestId, `frame:${number}`);
      const text = await this.sealer.open(this.request.subjectKey, label, sealed);
      const restored = restorable ? await this.openRestored() : null;
      const bytes = restored?.push(text) ?? text;
      // The headers go with the first piece, in one write.
      if (bytes.length === 0) this.client.openStream(this.keepAliveMs);
      else this.client.startStream(this.keepAliveMs);
      this.client.write(bytes);
      this.written = number;
    });
  }

  /** The request ended. Resolves when the client has everything, or is gone. */
  complete(completion: Completion): Promise<void> {
    clearTimeout(this.patience);
    return this.inOrder(async () => {
      if (this.finished) return;
      const content = await openCompletion(completion, this.request.subjectKey, this.sealer, this.bodies);
      const restored = completion.head.restorable ? await this.openRestored() : null;
      this.write(completion, content, restored);
      if (restored) this.record(restored);
      this.closed = true;
      this.events.onDelivered(completion);
    });
  }

  close(): void {
    clearTimeout(this.patience);
    this.closed = true;
  }

  private async openRestored(): Promise<RestoredAnswer | null> {
    const { subjectKey, requestId } = this.request;
    if (this.restored === undefined) {
      this.restored = await this.restoring.open(subjectKey, requestId, Date.now());
    }
    return this.restored;
  }

  /** The client has its answer; what the log says of it comes after. */
  private record(restored: RestoredAnswer): void {
    void this.restoring.record(this.request, restored, Date.now()).catch(this.events.onError);
  }

  private write(completion: Completion, content: CompletedContent, restored: RestoredAnswer | null): void {
    const { head } = completion;
    const reason = content.kind === 'reason' ? content.reason : undefined;
    if (content.kind === 'transcript') {
      this.client.startStream(this.keepAliveMs, head.headers);
      for (const text of content.texts.slice(this.written)) {
        this.client.write(restored?.push(Buffer.from(text)) ?? text);
      }
      if (head.outcome === 'answered') {
        if (restored) this.client.write(restored.end());
        this.client.endStream();
        return;
      }
    }
    if (head.outcome !== 'answered') {
      this.client.fail(errorOf(head, reason, this.approvers));
    } else if (content.kind === 'body' && !this.client.streaming) {
      const bytes = restored?.whole(content.bytes) ?? content.bytes;
      this.client.send(head.status, this.answerHeaders(completion), bytes);
    } else {
      // The headers of a stream are out, and the model's server answered with something else.
      const message = `The model's server answered ${head.status} instead of a stream.`;
      this.client.fail({ status: 502, code: 'upstream.error', message });
    }
  }

  private answerHeaders({ head }: Completion): Record<string, string> {
    const headers: Record<string, string> = { ...head.headers };
    headers['content-type'] = head.contentType ?? 'application/json';
    headers['x-sallyport-overhead-ms'] = String(overheadMs(head, Date.now()));
    if (head.edited) headers['x-sallyport-edited'] = 'true';
    if (head.status >= 400) headers['x-should-retry'] ??= String(isRetried(head.status));
    return headers;
  }

  private startPatience(entry: HeldEntry): void {
    const { patienceMs, statusUrl, requestId } = this.request;
    if (patienceMs === undefined || this.patience !== undefined) return;
    const left = Math.max(0, this.startedAt + patienceMs - Date.now());
    this.patience = setTimeout(() => {
      const expires_at = new Date(entry.expiresAt).toISOString();
      this.client.fail({
        status: 503,
        code: 'approval.pending',
        message: 'People have not decided yet. Send the same request again to go on waiting.',
        retryAfterMs: 500,
        details: { approval_id: requestId, status_url: statusUrl, expires_at, approvers: [...entry.groups] },
      });
      this.close();
      this.events.onPatienceOver();
    }, left);
  }

  private inOrder(step: () => Promise<void>): Promise<void> {
    this.chain = this.chain.then(step).catch((error: unknown) => {
      const erased = error instanceof ContentErasedError;
      const code = erased ? 'content.erased' : 'internal.error';
      const message = erased ? 'The content of this request was erased.' : 'The answer could not be read.';
      this.client.fail({ status: erased ? 410 : 500, code, message });
      this.closed = true;
      if (!erased) this.events.onError(error);
    });
    return this.chain;
  }
}

import type { ServerResponse } from 'node:http';
import { applyEdits, type BackgroundState, type Wire, type WireError } from '#protocols';
import { ClientConnection } from '../waiting/client-connection.ts';
import { ResponseEvents, responseIdOf } from './response-events.ts';

/** How a client reads a response of the background. */
export type Reading =
  /** As events, from the first that it lacks. */
  | { readonly as: 'events'; readonly after: number }
  /** As one object, as it stands. */
  | { readonly as: 'object' };

/** The client of a response that runs in the background: its answer has the gateway's id, its failure is a state. */
export class BackgroundConnection extends ClientConnection {
  private readonly events: ResponseEvents;
  private begun = false;
  private readonly json = { 'content-type': 'application/json; charset=utf-8' };

  constructor(
    response: ServerResponse,
    wire: Wire,
    private readonly id: string,
    private readonly reading: Reading,
    private readonly receivedAt: number,
    private readonly model: string | undefined,
  ) {
    super(response, wire, id);
    this.events = new ResponseEvents(responseIdOf(id), reading.as === 'events' ? reading.after : -1);
  }

  /** Answers with the state alone. */
  sendState(status: BackgroundState['status'], error?: BackgroundState['error']): void {
    super.send(200, this.json, this.stateText(status, error));
  }

  override startStream(keepAliveMs: number, headers: Record<string, string> = {}): void {
    if (this.reading.as === 'object' || this.begun) return;
    this.begun = true;
    super.startStream(keepAliveMs, headers);
    if (this.reading.after >= 0) return;
    const response = JSON.parse(this.stateText('queued')) as object;
    const event = { type: 'response.queued', response, sequence_number: 0 };
    super.write(`event: response.queued\ndata: ${JSON.stringify(event)}\n\n`);
  }

  override write(bytes: Uint8Array | string): void {
    const text = this.events.take(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
    if (this.reading.as === 'events' && text !== '') super.write(text);
  }

  override endStream(): void {
    if (this.reading.as === 'events') super.endStream();
    else super.send(200, this.json, this.events.final ?? this.stateText('failed', lost));
  }

  override send(status: number, headers: Record<string, string>, body: Uint8Array | string): void {
    if (status >= 300) {
      this.sendState('failed', { code: 'upstream.error', message: `The model's server answered ${status}.` });
      return;
    }
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    const edits = [{ op: 'replace' as const, pointer: '/id', value: responseIdOf(this.id) }];
    const own = applyEdits(bytes, edits);
    super.send(status, headers, own.kind === 'edited' ? own.bytes : bytes);
  }

  override fail(error: Omit<WireError, 'requestId'>): void {
    if (this.streaming) super.fail(error);
    else if (error.code === 'approval.cancelled' || error.status === clientGoneStatus)
      this.sendState('cancelled');
    else this.sendState('failed', { code: error.code, message: error.message });
  }

  private stateText(status: BackgroundState['status'], error?: BackgroundState['error']): string {
    const createdAtS = Math.floor(this.receivedAt / 1000);
    const state = {
      id: responseIdOf(this.id),
      status,
      createdAtS,
      model: this.model,
      ...(error && { error }),
    };
    return this.wire.writeBackground?.(state) ?? '{}';
  }
}

/** As masking ends what its requester cancelled. */
const clientGoneStatus = 499;
const lost = { code: 'upstream.invalid_answer', message: 'The stream held no response.' };

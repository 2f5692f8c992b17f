import type { ServerResponse } from 'node:http';
import type { Wire, WireError } from '#protocols';

/** A client that reads slower than this many bytes behind is let go; its answer can be picked up. */
const maxBehindBytes = 16 * 1024 * 1024;

/** One client's open HTTP exchange, in the words of its protocol. Once ended, nothing more is written. */
export class ClientConnection {
  private state: 'silent' | 'streaming' | 'ended' = 'silent';
  private keepAlive: NodeJS.Timeout | undefined;
  private headersAreOut = false;

  constructor(
    readonly response: ServerResponse,
    readonly wire: Wire,
    private readonly requestId: string,
    private readonly extraHeaders: Record<string, string> = {},
  ) {}

  /** The answer belongs to a call that was sent before. */
  markReplayed(): void {
    this.extraHeaders['x-sallyport-replayed'] = 'true';
  }

  get open(): boolean {
    return this.state !== 'ended' && !this.response.destroyed;
  }

  get streaming(): boolean {
    return this.state === 'streaming';
  }

  /** Calls back once if the client goes away before the answer is complete; at once where it is gone already. */
  onGone(listener: () => void): void {
    const onClose = (): void => {
      this.stopKeepAlive();
      if (this.response.writableFinished) return;
      this.state = 'ended';
      listener();
    };
    if (this.response.destroyed) onClose();
    else this.response.once('close', onClose);
  }

  /** Sends the stream's headers by themselves: its client may have to wait. */
  openStream(keepAliveMs: number): void {
    this.startStream(keepAliveMs);
    if (!this.streaming || this.headersAreOut) return;
    this.headersAreOut = true;
    this.response.flushHeaders();
  }

  /** Begins a stream: its headers go out with what is written next. From then on a keep-alive in each silent interval. */
  startStream(keepAliveMs: number, headers: Record<string, string> = {}): void {
    if (this.state !== 'silent') return;
    this.state = 'streaming';
    this.response.writeHead(200, {
      ...headers,
      ...this.ids(),
      'content-type': this.wire.streamType,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    this.keepAlive = setInterval(() => this.response.write(this.wire.keepAlive), keepAliveMs);
  }

  /** Writes a piece of a streamed answer. */
  write(bytes: Uint8Array | string): void {
    if (!this.open) return;
    this.keepAlive?.refresh();
    this.headersAreOut = true;
    this.response.write(bytes);
    if (this.response.writableLength > maxBehindBytes) this.drop();
  }

  /** Lets the client go, also where it is not its answer's turn yet. */
  drop(): void {
    this.response.req.socket.destroy();
  }

  endStream(): void {
    if (!this.open) return;
    this.finish();
    this.response.end();
  }

  /** Answers in one piece. */
  send(status: number, headers: Record<string, string>, body: Uint8Array | string): void {
    if (!this.open) return;
    this.finish();
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    // Added one by one to an object of our own: spreading costs many times as much, once for every request.
    const all: Record<string, string | number> = {};
    for (const name in headers) all[name] = headers[name] as string;
    for (const name in this.extraHeaders) all[name] = this.extraHeaders[name] as string;
    all['x-request-id'] = this.requestId;
    all['x-sallyport-request-id'] = this.requestId;
    if (this.wire.idHeader) all[this.wire.idHeader] = this.requestId;
    all['content-length'] = bytes.length;
    this.response.writeHead(status, all);
    this.response.end(bytes);
  }

  /** Ends with an error: as a status where nothing was sent yet, as the stream's last event otherwise. */
  fail(error: Omit<WireError, 'requestId'>): void {
    if (!this.open) return;
    const full = { ...error, requestId: this.requestId };
    if (this.streaming) {
      this.response.write(this.wire.writeStreamError(full));
      this.endStream();
      return;
    }
    const { status, headers, body } = this.wire.writeError(full);
    this.send(status, headers, body);
  }

  private ids(): Record<string, string> {
    const { idHeader } = this.wire;
    const id = this.requestId;
    const own = idHeader === undefined ? {} : { [idHeader]: id };
    return { ...this.extraHeaders, ...own, 'x-request-id': id, 'x-sallyport-request-id': id };
  }

  private finish(): void {
    this.state = 'ended';
    this.stopKeepAlive();
  }

  private stopKeepAlive(): void {
    clearInterval(this.keepAlive);
    this.keepAlive = undefined;
  }
}

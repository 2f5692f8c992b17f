import { createHash, type Hash } from 'node:crypto';
import { encodeFrame, frameSubject, type RequestReleased } from '#contracts';
import type { Bus } from '#messaging';
import type { RequestSealer } from './request-sealer.ts';

const longestWaitMs = 5;
const largestBytes = 4096;
/** One event of the model's server may be larger than a message of the broker. */
const largestFrameChars = 128 * 1024;

/**
 * Writes a streamed answer as numbered, sealed frames: the first at once, later ones at most 5 ms or 4 KiB apart, and
 * remembers them for the transcript: one entry a frame, with its time after `receivedAt`.
 */
export class FrameWriter {
  private readonly entries: string[] = [];
  private readonly hash: Hash = createHash('sha256');
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private failed = false;
  private readonly subject: string;

  constructor(
    private readonly bus: Bus,
    private readonly sealer: RequestSealer,
    private readonly head: RequestReleased,
    private readonly attempt: number,
    private readonly restorable: boolean,
  ) {
    this.subject = frameSubject(head.destination, head.terms.requestId);
  }

  /** How many frames went out. */
  get count(): number {
    return this.entries.length;
  }

  /** SHA-256 of everything written, hex. */
  get digest(): string {
    return this.hash.copy().digest('hex');
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    if (this.count === 0 || this.pendingBytes >= largestBytes) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), longestWaitMs);
  }

  /** Sends what is left. Resolves when every frame was handed to the broker's connection; the transcript has them all. */
  async end(): Promise<void> {
    this.flush();
    await this.sending;
  }

  /** JSON `[[t, text], …]`. */
  transcript(): Buffer {
    return Buffer.from(`[${this.entries.join(',')}]`);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.length === 0) return;
    const text = textOf(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    for (const piece of cut(text, largestFrameChars)) this.write(piece);
  }

  private write(text: string): void {
    this.entries.push(JSON.stringify([Math.max(0, Date.now() - this.head.receivedAt), text]));
    const clear = Buffer.from(text);
    this.hash.update(clear);
    const number = this.entries.length;
    this.sending = this.sending
      .then(() => this.send(number, clear))
      .catch(() => {
        this.failed = true;
      });
  }

  private async send(number: number, clear: Uint8Array): Promise<void> {
    // A gap would leave the client without a prefix; the transcript carries the rest.
    if (this.failed) return;
    const sealed = await this.sealer.seal(this.head, `frame:${number}`, clear);
    this.bus.send(
      this.subject,
      encodeFrame({ number, attempt: this.attempt, restorable: this.restorable, sealed }),
    );
  }
}

/** A transcript of an answer that was not streamed live: pieces of at most 4 KiB, all at one time. */
export function transcriptOf(text: string, afterMs: number): Buffer {
  return Buffer.from(JSON.stringify(cut(text, largestBytes).map((piece) => [afterMs, piece])));
}

/** What whole events say; none is cut inside a character. */
function textOf(pieces: readonly Uint8Array[]): string {
  const [first] = pieces;
  if (pieces.length !== 1 || first === undefined) return Buffer.concat(pieces).toString('utf8');
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength).toString('utf8');
}

/** Cuts a text into pieces, never inside a surrogate pair. */
function cut(text: string, largestChars: number): string[] {
  if (text.length <= largestChars) return [text];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + largestChars, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

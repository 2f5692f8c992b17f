import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerSink } from '../upstream/call.ts';
import { coverHeaders, coverSecrets } from '../upstream/credentials.ts';
import type { Relay } from './relay.ts';
import { InvalidAnswerError } from './whole-answer.ts';

/** After its last event a stream has so long to close. */
const closingMs = 1000;

export interface ReaderOptions {
  /** Opens a relay where this answer is to be streamed; undefined where it is read in one piece. */
  readonly openRelay: (status: number, headers: IncomingHttpHeaders) => Relay | undefined;
  /** Takes what a relay passes on. */
  readonly relayed: (bytes: Uint8Array) => void;
  /** A stream said all it will say, and is still open. */
  readonly onOver: () => void;
  readonly secrets: readonly Buffer[];
}

/** Reads a model server's answer: passes a stream on as it comes, collects anything else. */
export class AnswerReader implements AnswerSink {
  status = 0;
  headers: IncomingHttpHeaders = {};
  firstByteAt: number | undefined;
  relay: Relay | undefined;
  private readonly chunks: Buffer[] = [];
  private closing: NodeJS.Timeout | undefined;

  constructor(private readonly options: ReaderOptions) {}

  /** Throws `InvalidAnswerError` for a redirect or an encoded body: neither can be followed or read. */
  start(status: number, headers: IncomingHttpHeaders): void {
    this.firstByteAt = Date.now();
    this.status = status;
    this.headers = coverHeaders(headers, this.options.secrets);
    if (status >= 300 && status < 400) throw new InvalidAnswerError('a redirect');
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') throw new InvalidAnswerError('an encoded body');
    this.relay = this.options.openRelay(status, this.headers);
  }

  data(chunk: Buffer): void {
    if (this.relay === undefined) {
      this.chunks.push(chunk);
      return;
    }
    this.pass(this.relay.push(chunk));
    if (this.relay.isOver) this.closing ??= setTimeout(this.options.onOver, closingMs);
  }

  get takesJoined(): boolean {
    return this.relay?.takesJoined === true;
  }

  /** What was collected of an answer in one piece. */
  get collected(): Buffer {
    const [first] = this.chunks;
    const bytes = this.chunks.length === 1 && first ? first : Buffer.concat(this.chunks);
    return coverSecrets(bytes, this.options.secrets);
  }

  /** Ends the relay and passes on its rest. */
  endRelay(relay: Relay) {
    clearTimeout(this.closing);
    const end = relay.end();
    this.pass(end.bytes);
    return end;
  }

  close(): void {
    clearTimeout(this.closing);
  }

  private pass(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.options.relayed(coverSecrets(view, this.options.secrets));
  }
}

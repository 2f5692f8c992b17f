import { randomBytes } from 'node:crypto';
import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core';

/** JetStream stored the message. */
export interface PublishAck {
  stream: string;
  sequence: number;
  /** A message with the same id was stored before; `sequence` is that one's. */
  duplicate: boolean;
}

export interface PublishOptions {
  /** `Nats-Msg-Id`: within the stream's window a second message with the same id is not stored. */
  messageId?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
  /** Somebody waits for this one alone: it is written without waiting for others to share the write with. */
  isUrgent?: boolean;
}

/** The stream did not take a message: it is full, refused it, nobody listens, or no answer came in time. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError';
  constructor(
    readonly reason: 'refused' | 'no_stream' | 'timeout' | 'disconnected' | 'overloaded',
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  resolve: (ack: PublishAck) => void;
  reject: (error: NotStoredError) => void;
  deadline: number;
  subject: string;
}

interface Queued {
  subject: string;
  payload: Uint8Array;
  reply: string | undefined;
  options: PublishOptions | undefined;
}

const ackTimeoutMs = 5000;
const sweepMs = 250;
/** After a flush the next one waits this long: under load many messages share a write, an idle publisher writes at once. */
const flushApartMs = 1;
/** What is in no hurry goes with the next write, or after this long. */
const unhurriedMs = 5;
/** More unacknowledged publications than this are refused, so that memory stays bounded. */
const maxWaiting = 50_000;

/**
 * Publishes to JetStream over one reply subscription and a map, and writes to the socket at most once a millisecond. Measured at an eighth of the client's CPU of `js.publish` (docs/decisions/0004-publisher.md).
 */
export class Publisher {
  online = true;
  private readonly waiting = new Map<string, Waiting>();
  private readonly inbox: string;
  private counter = 0;
  private queue: Queued[] = [];
  private scheduled = false;
  /** What is scheduled comes with this turn of the event loop. */
  private isImminent = false;
  private flushedAt = 0;
  private unhurried: NodeJS.Timeout | undefined;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    private readonly nc: NatsConnection,
    inboxPrefix: string,
  ) {
    this.inbox = `${inboxPrefix}.ack${randomBytes(6).toString('hex')}.`;
    nc.subscribe(`${this.inbox}*`, {
      callback: (error, message) => {
        if (!error) this.onAck(message);
      },
    });
    this.sweeper = setInterval(() => this.sweep(Date.now()), sweepMs);
    this.sweeper.unref();
  }

  publish(subject: string, payload: Uint8Array, options: PublishOptions): Promise<PublishAck> {
    if (this.waiting.size >= maxWaiting) {
      return Promise.reject(new NotStoredError('overloaded', 'too many publications are unacknowledged'));
    }
    const id = (this.counter++).toString(36);
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + (options.timeoutMs ?? ackTimeoutMs);
      this.waiting.set(id, { resolve, reject, deadline, subject });
      this.enqueue({ subject, payload, reply: this.inbox + id, options });
    });
  }

  send(subject: string, payload: Uint8Array, reply?: string): void {
    this.enqueue({ subject, payload, reply, options: undefined });
  }

  /** Like `send`, for what is in no hurry: every write wakes the server, so this one rides along with the next. */
  sendUnhurried(subject: string, payload: Uint8Array): void {
    this.queue.push({ subject, payload, reply: undefined, options: undefined });
    this.unhurried ??= setTimeout(this.flush, unhurriedMs);
  }

  /** Rejects what waits: an acknowledgement for a message sent on the lost connection will not come. */
  disconnected(): void {
    this.online = false;
    for (const [id, entry] of this.waiting) {
      this.waiting.delete(id);
      entry.reject(new NotStoredError('disconnected', `${entry.subject}: connection lost before the ack`));
    }
  }

  /** Waits until nothing is unacknowledged. */
  async drain(): Promise<void> {
    this.flushQueue();
    const deadline = Date.now() + ackTimeoutMs;
    while (this.waiting.size > 0 && Date.now() < deadline) await new Promise(setImmediate);
    clearInterval(this.sweeper);
  }

  private enqueue(item: Queued): void {
    this.queue.push(item);
    const isUrgent = item.options?.isUrgent === true;
    if (this.scheduled && (this.isImminent || !isUrgent)) return;
    this.scheduled = true;
    this.isImminent = isUrgent || performance.now() - this.flushedAt > flushApartMs;
    // Behind what is being written to buckets in the same turn: who acts on an event looks for that.
    if (isUrgent) process.nextTick(this.flush);
    else if (this.isImminent) setImmediate(this.flush);
    else setTimeout(this.flush, flushApartMs);
  }

  private readonly flush = (): void => this.flushQueue();

  private flushQueue(): void {
    // What was in no hurry must not hold up what comes after it.
    if (this.scheduled) this.flushedAt = performance.now();
    this.scheduled = false;
    this.isImminent = false;
    clearTimeout(this.unhurried);
    this.unhurried = undefined;
    const items = this.queue;
    this.queue = [];
    for (const { subject, payload, reply, options } of items) {
      try {
        if (this.nc.isClosed()) throw new Error('closed');
        this.nc.publish(subject, payload, { ...(reply && { reply }), ...encodeHeaders(options) });
      } catch (error) {
        this.fail(reply, error);
      }
    }
  }

  private fail(reply: string | undefined, error: unknown): void {
    const id = reply?.slice(this.inbox.length) ?? '';
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.waiting.delete(id);
    entry.reject(new NotStoredError('refused', `${entry.subject}: ${(error as Error).message}`));
  }

  private onAck(message: Msg): void {
    this.online = true;
    const id = message.subject.slice(this.inbox.length);
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.waiting.delete(id);
    if (message.data.length === 0) {
      entry.reject(new NotStoredError('no_stream', `${entry.subject}: no stream takes it`));
      return;
    }
    const answer = answerOf(message);
    if (answer === undefined) {
      entry.reject(new NotStoredError('refused', `${entry.subject}: the answer is no acknowledgement`));
    } else if (answer.error) {
      entry.reject(new NotStoredError('refused', `${entry.subject}: ${answer.error.description}`));
    } else {
      entry.resolve({ stream: answer.stream, sequence: answer.seq, duplicate: answer.duplicate ?? false });
    }
  }

  private sweep(now: number): void {
    for (const [id, entry] of this.waiting) {
      if (entry.deadline > now) break;
      this.waiting.delete(id);
      entry.reject(new NotStoredError('timeout', `${entry.subject}: no ack in time`));
    }
  }
}

interface Answer {
  stream: string;
  seq: number;
  duplicate?: boolean;
  error?: { description: string };
}

/** Undefined where it can't be read: thrown from here it would end the connection's reading. */
function answerOf(message: Msg): Answer | undefined {
  try {
    return message.json<Answer>();
  } catch {
    return undefined;
  }
}

function encodeHeaders(options: PublishOptions | undefined) {
  if (!options?.messageId && !options?.headers) return undefined;
  const headers = natsHeaders();
  if (options.messageId) headers.set('Nats-Msg-Id', options.messageId);
  for (const [key, value] of Object.entries(options.headers ?? {})) headers.set(key, value);
  return { headers };
}

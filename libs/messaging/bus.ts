import { randomUUID } from 'node:crypto';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { type BucketName, buckets, requestCompleted, streams } from '#contracts';
import { traceHeaders, tracing } from '#telemetry';
import { type PublishAck, Publisher, type PublishOptions } from './publisher.ts';

export interface BusOptions {
  /** `nats://host:port`, several separated by commas. */
  url: string;
  /** NATS user; also names the inbox, which is all it may listen to besides what is named. */
  user: string;
  password: string;
  /** Called on every change of the connection. */
  onStatus?: (status: 'connected' | 'disconnected') => void;
  /** Called with what a listener throws; by default nobody hears of it. */
  onError?: (error: unknown) => void;
}

/** A message read from a stream by sequence or subject. */
export interface StoredMessage {
  subject: string;
  sequence: number;
  payload: Uint8Array;
  headers: Map<string, string>;
  timeMs: number;
}

/** One service's connection to the broker: publish, read the log, open buckets, listen live. */
export class Bus {
  readonly publisher: Publisher;
  readonly js: JetStreamClient;
  private readonly opened = new Map<string, Promise<KV>>();
  private readonly reconnectListeners = new Set<() => void>();

  private constructor(
    readonly nc: NatsConnection,
    readonly user: string,
    private readonly onError: (error: unknown) => void,
  ) {
    this.publisher = new Publisher(nc, `_INBOX_${user}`);
    this.js = jetstream(nc);
  }

  /** Connects and keeps reconnecting for as long as the process lives. Throws where the first attempt fails. */
  static async connect(options: BusOptions): Promise<Bus> {
    const nc = await connect({
      servers: options.url.split(','),
      user: options.user,
      pass: options.password,
      name: options.user,
      inboxPrefix: `_INBOX_${options.user}`,
      noAsyncTraces: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval: 10_000,
      maxPingOut: 2,
      ignoreAuthErrorAbort: true,
    });
    const bus = new Bus(nc, options.user, options.onError ?? (() => undefined));
    void bus.watchStatus(options.onStatus);
    return bus;
  }

  private async watchStatus(onStatus: BusOptions['onStatus']): Promise<void> {
    onStatus?.('connected');
    for await (const status of this.nc.status()) {
      if (status.type === 'disconnect') {
        this.publisher.disconnected();
        onStatus?.('disconnected');
      } else if (status.type === 'reconnect') {
        this.publisher.online = true;
        for (const listener of this.reconnectListeners) this.guarded(listener);
        onStatus?.('connected');
      }
    }
  }

  /** Calls back after every reconnect: what was asked of the old connection is lost. Returns the function that stops it. */
  onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  get connected(): boolean {
    return !this.nc.isClosed() && this.publisher.online;
  }

  /** Publishes to a stream and resolves once it is stored. Throws `NotStoredError` where the stream refused it. */
  async publish(subject: string, payload: Uint8Array, given: PublishOptions = {}): Promise<PublishAck> {
    // The publisher writes later, outside of the span that this belongs to.
    const options = tracing ? { ...given, headers: { ...traceHeaders(), ...given.headers } } : given;
    const ack = await this.publisher.publish(subject, payload, options);
    if (!ack.duplicate || ack.stream !== streams.events || (await this.holds(ack.sequence, subject)))
      return ack;
    // Another event took this message id: message ids are one space for a whole stream, whoever publishes.
    return this.publisher.publish(subject, payload, { ...options, messageId: randomUUID() });
  }

  /** Whether the message with this sequence is of the subject, or a completion as it is (the first one counts). */
  private async holds(sequence: number, subject: string): Promise<boolean> {
    const stored = await this.readMessage({ sequence });
    if (stored === null || stored.subject === subject) return true;
    return [stored.subject, subject].every((each) => each.startsWith(`${requestCompleted.prefix}.`));
  }

  /** Publishes without asking for an acknowledgement. */
  send(subject: string, payload: Uint8Array): void {
    this.publisher.send(subject, payload);
  }

  /** Like `send`, for what is in no hurry (a few ms), such as an ack. */
  sendUnhurried(subject: string, payload: Uint8Array): void {
    this.publisher.sendUnhurried(subject, payload);
  }

  /**
   * Listens on republished subjects (`live.…`): stored messages only. A message that `onMessage` throws over is passed
   * over. Returns the function that stops it.
   */
  listen(subject: string, onMessage: (message: Msg) => void): () => void {
    const subscription = this.nc.subscribe(subject, {
      callback: (error, message) => {
        if (!error) this.guarded(() => onMessage(message));
      },
    });
    return () => subscription.unsubscribe();
  }

  /** What is thrown into the client while it reads ends its reading: the connection would be open, and deaf. */
  private guarded(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.onError(error);
    }
  }

  /** Reads one message by sequence, or the next one from `sequence` on that matches `subject`. Null where there is none. */
  async readMessage(
    query: { sequence: number; subject?: string } | { lastOf: string },
    stream: string = streams.events,
  ): Promise<StoredMessage | null> {
    const body =
      'lastOf' in query
        ? { last_by_subj: query.lastOf }
        : query.subject === undefined
          ? { seq: query.sequence }
          : { seq: query.sequence, next_by_subj: query.subject };
    const reply = await this.nc.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(body), {
      timeout: 5000,
    });
    const answer = reply.json<{
      error?: { code: number; description: string };
      message?: { subject: string; seq: number; data?: string; hdrs?: string; time: string };
    }>();
    if (answer.error) {
      if (answer.error.code === 404) return null;
      throw new Error(`${stream}: ${answer.error.description}`);
    }
    if (!answer.message) return null;
    const { subject, seq, data, hdrs, time } = answer.message;
    return {
      subject,
      sequence: seq,
      payload: Buffer.from(data ?? '', 'base64'),
      headers: parseHeaders(hdrs),
      timeMs: Date.parse(time),
    };
  }

  /** Opens a bucket that the topology made. */
  bucket(name: BucketName): Promise<KV> {
    let opening = this.opened.get(name);
    if (!opening) {
      opening = new Kvm(this.js).open(buckets[name]);
      this.opened.set(name, opening);
      opening.catch(() => this.opened.delete(name));
    }
    return opening;
  }

  /** Flushes what is under way and closes, also where the broker is away. */
  async close(): Promise<void> {
    await this.publisher.drain();
    await this.nc.drain().catch(() => this.nc.close());
  }
}

function parseHeaders(base64: string | undefined): Map<string, string> {
  const headers = new Map<string, string>();
  if (!base64) return headers;
  for (const line of Buffer.from(base64, 'base64').toString('utf8').split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return headers;
}

import { randomBytes } from 'node:crypto';
import type { Msg } from '@nats-io/nats-core';
import type { Bus } from '../bus.ts';

/** One message of a durable consumer. */
export interface Delivery {
  subject: string;
  payload: Uint8Array;
  headers: Map<string, string> | undefined;
  /** Sequence in the stream. */
  sequence: number;
  /** 1 on the first delivery. */
  deliveries: number;
  /** When the stream stored it, ms since the epoch. */
  timeMs: number;
  /** Messages behind it that match the consumer. */
  pending: number;
  /** Where acks go. */
  ackSubject: string;
}

export interface PullOptions {
  stream: string;
  consumer: string;
  /** Most messages in hand at once: asked for plus running. */
  slots: number;
  onDelivery: (delivery: Delivery) => Promise<void>;
  /** Called where the consumer is gone or the request is refused; pulling goes on. */
  onTrouble?: (description: string) => void;
}

const expiresMs = 20_000;
const retryMs = 500;
const ackPrefix = '$JS.ACK.';

/**
 * Pulls from a durable consumer by free slots: never asks for more than it can start at once, so a message's
 * ack-wait runs only while somebody works on it. Credit comes back on 404, 408 and 409 answers and is written off
 * after a lost connection.
 */
export class PullConsumer {
  private credit = 0;
  private running = 0;
  private stopped = false;
  private pullCount = 0;
  private lastHeard = Date.now();
  private readonly inbox: string;
  private readonly unsubscribe: () => void;
  private readonly forget: () => void;
  private readonly watchdog: NodeJS.Timeout;
  private retryAt = 0;
  private idle: (() => void) | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly options: PullOptions,
  ) {
    this.inbox = `_INBOX_${bus.user}.pull${randomBytes(6).toString('hex')}`;
    const subscription = bus.nc.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.onMessage(message);
      },
    });
    this.unsubscribe = () => subscription.unsubscribe();
    this.forget = bus.onReconnect(() => {
      this.credit = 0;
      this.pull();
    });
    this.watchdog = setInterval(() => this.watch(Date.now()), retryMs);
    this.pull();
  }

  /** Messages being worked on. */
  get inHand(): number {
    return this.running;
  }

  /** Stops pulling and waits until what is in hand is settled. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.watchdog);
    this.forget();
    if (this.running > 0) await new Promise<void>((resolve) => (this.idle = resolve));
    this.unsubscribe();
  }

  private pull(): void {
    const { slots, stream, consumer } = this.options;
    const free = slots - this.running - this.credit;
    if (this.stopped || free <= 0 || Date.now() < this.retryAt) return;
    // Half of a large window at a time; a small one (a model's slots) at once.
    if (slots > 8 && free < slots / 2) return;
    this.credit += free;
    const request = { batch: free, expires: expiresMs * 1_000_000 };
    this.bus.publisher.send(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      Buffer.from(JSON.stringify(request)),
      `${this.inbox}.${this.pullCount++}`,
    );
  }

  private onMessage(message: Msg): void {
    this.lastHeard = Date.now();
    // What can be acknowledged is a message; only what says something else has to say it in headers.
    if (message.reply?.startsWith(ackPrefix) !== true) {
      this.onStatus(message, message.headers?.code ?? 0);
      return;
    }
    this.credit = Math.max(0, this.credit - 1);
    this.running++;
    const delivery = readDelivery(message);
    void this.options.onDelivery(delivery).finally(() => {
      this.running--;
      if (this.running === 0) this.idle?.();
      this.pull();
    });
  }

  private onStatus(message: Msg, status: number): void {
    if (status === 100) return;
    const left = Number(message.headers?.get('Nats-Pending-Messages') ?? Number.NaN);
    this.credit = Number.isNaN(left) ? 0 : Math.max(0, this.credit - left);
    if (status !== 408 && status !== 404) {
      this.retryAt = Date.now() + retryMs;
      this.options.onTrouble?.(`${this.options.consumer}: ${message.headers?.description ?? status}`);
    }
    this.pull();
  }

  private watch(now: number): void {
    if (this.credit > 0 && now - this.lastHeard > expiresMs + 5000) {
      this.credit = 0;
      this.lastHeard = now;
    }
    this.pull();
  }
}

/** Reads the metadata that JetStream puts into the ack subject (ADR-15 of the NATS architecture decisions). */
export function readDelivery(message: Msg): Delivery {
  const ackSubject = message.reply ?? '';
  const tokens = ackSubject.split('.');
  // $JS.ACK.[domain.account.]stream.consumer.deliveries.streamSeq.consumerSeq.ns.pending
  const numbers = tokens.slice(tokens.length > 9 ? 6 : 4);
  return {
    subject: message.subject,
    payload: message.data,
    // Read when somebody asks, which few do.
    get headers() {
      return readHeaders(message);
    },
    deliveries: Number(numbers[0]),
    sequence: Number(numbers[1]),
    timeMs: Math.floor(Number(numbers[3]) / 1_000_000),
    pending: Number(numbers[4]),
    ackSubject,
  };
}

function readHeaders(message: Msg): Map<string, string> | undefined {
  if (!message.headers) return undefined;
  return new Map([...message.headers].map(([key, values]) => [key, values[0] ?? '']));
}

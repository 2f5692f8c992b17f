import type { Msg } from '@nats-io/nats-core';
import { streams } from '#contracts';
import { type Bus, consumers } from '#messaging';
import { tracing } from '#telemetry';
import type { Incoming } from './incoming.ts';

/** What one poll of the durable consumer brought. */
export interface Pulled {
  events: Incoming[];
  /** Where the last of them is acknowledged, and with it all before (`ack_policy: all`). */
  ackSubject: string | null;
  /** There may be more at once. */
  isFull: boolean;
}

/** Most events and bytes of one poll. */
export const pullLimits = { events: 2000, bytes: 24 * 1024 * 1024 } as const;
const answerMs = 2000;
const nextSubject = `$JS.API.CONSUMER.MSG.NEXT.${streams.events}.${consumers.auditAll}`;

interface Polling extends Pulled {
  id: string;
  resolve: (pulled: Pulled) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/**
 * Polls `audit_all` without waiting: what is there comes, and nothing keeps the server busy meanwhile. One poll at a
 * time. Messages of a poll that was given up are not lost: the writer finds the hole and reads them from the log.
 */
export class BatchPull {
  private readonly inbox: string;
  private readonly unsubscribe: () => void;
  private polling: Polling | null = null;
  private count = 0;

  constructor(private readonly bus: Bus) {
    this.inbox = `_INBOX_${bus.user}.batch${Math.random().toString(36).slice(2, 10)}`;
    const subscription = bus.nc.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.onMessage(message);
      },
    });
    this.unsubscribe = () => subscription.unsubscribe();
  }

  /** Resolves with what the consumer had. Rejects where the broker doesn't answer or the consumer is gone. */
  next(): Promise<Pulled> {
    const id = (this.count++).toString(36);
    const request = { batch: pullLimits.events, max_bytes: pullLimits.bytes, no_wait: true };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.onSilence(id), answerMs);
      this.polling = { id, resolve, reject, timer, events: [], ackSubject: null, isFull: false };
      this.bus.publisher.send(nextSubject, Buffer.from(JSON.stringify(request)), `${this.inbox}.${id}`);
    });
  }

  /** Acknowledges everything up to a poll's last event. */
  ack(ackSubject: string): void {
    this.bus.send(ackSubject, Buffer.from('+ACK'));
  }

  close(): void {
    if (this.polling) clearTimeout(this.polling.timer);
    this.polling = null;
    this.unsubscribe();
  }

  private onMessage(message: Msg): void {
    const polling = this.polling;
    if (polling === null) return;
    // A delivery has the event's own subject, so it can't be told which poll it answers, and needn't be.
    if (message.reply?.startsWith('$JS.ACK.')) this.onEvent(polling, message, message.reply);
    else if (message.subject.endsWith(`.${polling.id}`)) this.onStatus(polling, message);
  }

  private onEvent(polling: Polling, message: Msg, ackSubject: string): void {
    const { event, pending } = readEvent(message, ackSubject);
    polling.events.push(event);
    polling.ackSubject = ackSubject;
    const isFull = polling.events.length >= pullLimits.events;
    if (isFull || pending === 0) this.finish(isFull);
  }

  private onStatus(polling: Polling, message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    // 404: nothing there; 408: that was all; 409: the byte limit was reached, or something is wrong.
    if (code === 404 || code === 408) this.finish(false);
    else if (code === 409 && polling.events.length > 0) this.finish(true);
    else
      this.fail(new Error(`${consumers.auditAll}: ${message.headers?.description ?? 'no answer'} (${code})`));
  }

  private onSilence(id: string): void {
    if (this.polling?.id !== id) return;
    if (this.polling.events.length > 0) this.finish(false);
    else this.fail(new Error(`${consumers.auditAll}: no answer in ${answerMs} ms`));
  }

  private finish(isFull: boolean): void {
    const polling = this.polling;
    if (polling === null) return;
    clearTimeout(polling.timer);
    this.polling = null;
    polling.resolve({ events: polling.events, ackSubject: polling.ackSubject, isFull });
  }

  private fail(error: Error): void {
    const polling = this.polling;
    if (polling === null) return;
    clearTimeout(polling.timer);
    this.polling = null;
    polling.reject(error);
  }
}

/** Reads the metadata that JetStream puts into the ack subject (ADR-15), without what the ledger doesn't need. */
function readEvent(message: Msg, ackSubject: string): { event: Incoming; pending: number } {
  const tokens = ackSubject.split('.');
  // $JS.ACK.[domain.account.]stream.consumer.deliveries.streamSeq.consumerSeq.ns.pending[.token]
  const first = tokens.length > 9 ? 6 : 4;
  const event = {
    subject: message.subject,
    messageId: message.headers?.get('Nats-Msg-Id') ?? '',
    sequence: Number(tokens[first + 1]),
    atMs: Number(tokens[first + 3]?.slice(0, -6)),
    payload: message.data,
    ...(tracing &&
      message.headers?.has('traceparent') && { traceparent: message.headers.get('traceparent') }),
  };
  return { event, pending: Number(tokens[first + 4]) };
}

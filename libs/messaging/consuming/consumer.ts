import { decodeEnvelope, type EventDefinition, type EventHead } from '#contracts';
import { tracing } from '#telemetry';
import type { Bus } from '../bus.ts';
import { traced } from '../traced.ts';
import { type Delivery, PullConsumer } from './pull.ts';
import { PoisonError, type Settlement } from './settlement.ts';

/** An event as a handler gets it: its head parsed, its tail as it came. */
export interface EventMessage<D extends EventDefinition = EventDefinition> {
  head: EventHead<D>;
  /** The head as it was sent, with what this version doesn't read. */
  sent: object;
  /** Sealed content; empty where the event carries none. */
  tail: Uint8Array;
  subject: string;
  sequence: number;
  /** 1 on the first delivery; above, read the log forward before acting (see `OutputLog`). */
  deliveries: number;
  /** When the stream stored it, ms since the epoch. */
  timeMs: number;
  /** Aborted when the broker stopped confirming that this message is ours. */
  readonly lease: AbortSignal;
}

export interface EventConsumerOptions<D extends EventDefinition> {
  stream: string;
  consumer: string;
  event: D;
  slots: number;
  ackWaitMs: number;
  handle: (message: EventMessage<D>) => Promise<void>;
  onTrouble?: (description: string) => void;
}

const progress = Buffer.from('+WPI');

class Running {
  controller: AbortController | undefined;
  confirmedAt = Date.now();
  readonly ackSubject: string;
  constructor(ackSubject: string) {
    this.ackSubject = ackSubject;
  }
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    return this.controller.signal;
  }
}

/** A durable consumer of one event: parses, runs the handler, keeps the lease alive, settles. */
export class EventConsumer<D extends EventDefinition> {
  private readonly pull: PullConsumer;
  private readonly running = new Set<Running>();
  private readonly leases: NodeJS.Timeout;
  private stopping = false;

  constructor(
    private readonly bus: Bus,
    private readonly settlement: Settlement,
    private readonly options: EventConsumerOptions<D>,
  ) {
    this.pull = new PullConsumer(bus, {
      stream: options.stream,
      consumer: options.consumer,
      slots: options.slots,
      onDelivery: (delivery) => this.onDelivery(delivery),
      ...(options.onTrouble && { onTrouble: options.onTrouble }),
    });
    this.leases = setInterval(() => this.renew(Date.now()), options.ackWaitMs / 6);
  }

  get inHand(): number {
    return this.pull.inHand;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.pull.stop();
    clearInterval(this.leases);
  }

  private async onDelivery(delivery: Delivery): Promise<void> {
    const running = new Running(delivery.ackSubject);
    this.running.add(running);
    await this.settlement.settle(
      delivery,
      () => this.handle(delivery, this.parse(delivery, running)),
      () => this.stopping,
    );
    this.running.delete(running);
  }

  private handle(delivery: Delivery, message: EventMessage<D>): Promise<void> {
    const { handle } = this.options;
    return tracing ? traced(delivery, message.head as object, () => handle(message)) : handle(message);
  }

  private parse(delivery: Delivery, running: Running): EventMessage<D> {
    const { head, sent, tail } = parseEvent(this.options.event, delivery.payload);
    return {
      head,
      sent,
      tail,
      subject: delivery.subject,
      sequence: delivery.sequence,
      deliveries: delivery.deliveries,
      timeMs: delivery.timeMs,
      get lease() {
        return running.signal;
      },
    };
  }

  /** Tells the broker that long-running messages are in progress, and gives up those it no longer confirms. */
  private renew(now: number): void {
    for (const entry of this.running) {
      const silentMs = now - entry.confirmedAt;
      if (silentMs > (this.options.ackWaitMs * 2) / 3) entry.controller?.abort(new Error('lease lost'));
      if (silentMs < this.options.ackWaitMs / 6) continue;
      this.bus.nc
        .request(entry.ackSubject, progress, { timeout: Math.max(500, this.options.ackWaitMs / 6) })
        .then(() => {
          entry.confirmedAt = Date.now();
        })
        .catch(() => undefined);
    }
  }
}

/** Parses an event's payload. Throws `PoisonError` where it breaks the contract. */
export function parseEvent<D extends EventDefinition>(
  event: D,
  payload: Uint8Array,
): { head: EventHead<D>; sent: object; tail: Uint8Array } {
  try {
    const { head, tail } = decodeEnvelope(payload);
    return { head: event.schema.parse(head) as EventHead<D>, sent: head as object, tail };
  } catch (error) {
    throw new PoisonError(`${event.name}: breaks its contract`, { cause: error });
  }
}

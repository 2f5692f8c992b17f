import { type EventDefinition, streams } from '#contracts';
import { tracing } from '#telemetry';
import type { Bus } from '../bus.ts';
import { retryConsumer } from '../topology.ts';
import { traced } from '../traced.ts';
import { type EventMessage, parseEvent } from './consumer.ts';
import { deadLetterHeaders } from './dead-letter.ts';
import { type Delivery, PullConsumer } from './pull.ts';
import { PoisonError, type Settlement } from './settlement.ts';

/** What runs again for the dead letters of one event. */
export interface RetryTarget {
  event: EventDefinition;
  handle: (message: EventMessage) => Promise<void>;
}

export interface RetryOptions {
  service: string;
  targets: readonly RetryTarget[];
  onTrouble?: (description: string) => void;
}

/**
 * Runs a service's handlers again on dead letters that somebody asked to retry. A handler sees the message as a
 * redelivery, so it reads the log forward before it acts; what fails again becomes a dead letter again.
 */
export class RetryConsumer {
  private readonly pull: PullConsumer;
  private stopping = false;

  constructor(
    bus: Bus,
    private readonly settlement: Settlement,
    private readonly options: RetryOptions,
  ) {
    this.pull = new PullConsumer(bus, {
      stream: streams.deadLetters,
      consumer: retryConsumer(options.service),
      slots: 1,
      onDelivery: (delivery) => this.onDelivery(delivery),
      ...(options.onTrouble && { onTrouble: options.onTrouble }),
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.pull.stop();
  }

  private async onDelivery(delivery: Delivery): Promise<void> {
    const original = originalOf(delivery);
    await this.settlement.settle(
      original,
      () => this.run(original),
      () => this.stopping,
    );
  }

  private async run(original: Delivery): Promise<void> {
    const target = this.options.targets.find(({ event }) => isOf(event, original.subject));
    if (target === undefined) throw new PoisonError(`nothing here handles ${original.subject}`);
    const { head, sent, tail } = parseEvent(target.event, original.payload);
    const { subject, sequence, timeMs } = original;
    const deliveries = original.deliveries + 1;
    const lease = new AbortController().signal;
    const message = { head, sent, tail, subject, sequence, deliveries, timeMs, lease };
    await (tracing ? traced(original, head as object, () => target.handle(message)) : target.handle(message));
  }
}

const isOf = ({ prefix }: EventDefinition, subject: string): boolean =>
  subject === prefix || subject.startsWith(`${prefix}.`);

/** The delivery as it was when it was given up, acknowledged where the retry is. */
function originalOf(delivery: Delivery): Delivery {
  const subject = delivery.headers?.get(deadLetterHeaders.subject) ?? delivery.subject;
  const sequence = Number(delivery.headers?.get(deadLetterHeaders.sequence) ?? delivery.sequence);
  return { ...delivery, subject, sequence };
}

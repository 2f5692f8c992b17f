import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type EventDefinition, streams } from '#contracts';
import type { Bus } from '../bus.ts';
import { ackWaitMs } from '../topology.ts';
import { EventConsumer, type EventMessage } from './consumer.ts';
import { RetryConsumer } from './retry.ts';
import type { Settlement } from './settlement.ts';

const registered = Symbol('sallyport:on-event');

interface Registration {
  event: EventDefinition;
  consumer: string;
  slots: number;
  method: string;
}

/**
 * Marks the method that handles an event for one durable consumer. The method gets an `EventMessage`; when it
 * returns, the message is acknowledged.
 */
export function OnEvent<D extends EventDefinition>(event: D, options: { consumer: string; slots?: number }) {
  return <T extends { [K in M]: (message: EventMessage<D>) => Promise<void> }, M extends string>(
    target: T,
    method: M,
  ): void => {
    const list: Registration[] = Reflect.getOwnMetadata(registered, target.constructor) ?? [];
    list.push({ event, consumer: options.consumer, slots: options.slots ?? 100, method });
    Reflect.defineMetadata(registered, list, target.constructor);
  };
}

type Handler = Record<string, (message: EventMessage) => Promise<void>>;

/**
 * JetStream transport for Nest: one durable pull consumer for each `@OnEvent` method, called directly (without
 * Nest's RPC pipeline, which costs 12 µs a message; see docs/decisions). Two handlers for one consumer are refused.
 */
export class EventStrategy extends Server implements CustomTransportStrategy {
  private readonly handlers: { registration: Registration; instance: Handler }[] = [];
  private consumers: (EventConsumer<EventDefinition> | RetryConsumer)[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly settlement: Settlement,
    private readonly onTrouble: (description: string) => void,
  ) {
    super();
  }

  /** Finds the `@OnEvent` methods of providers. Throws where two share a consumer. */
  collect(instances: readonly object[]): void {
    for (const instance of instances) {
      const list: Registration[] = Reflect.getOwnMetadata(registered, instance.constructor) ?? [];
      for (const registration of list) {
        if (this.handlers.some((other) => other.registration.consumer === registration.consumer)) {
          throw new Error(`two handlers for consumer ${registration.consumer}`);
        }
        this.handlers.push({ registration, instance: instance as Handler });
      }
    }
  }

  listen(callback: (error?: Error) => void): void {
    this.consumers = this.handlers.map(({ registration, instance }) => {
      const { event, consumer, slots, method } = registration;
      const handle = (message: EventMessage) => instance[method]!(message);
      const options = { stream: streams.events, consumer, event, slots, ackWaitMs, handle };
      return new EventConsumer(this.bus, this.settlement, { ...options, onTrouble: this.onTrouble });
    });
    if (this.handlers.length > 0) this.consumers.push(this.retries());
    callback();
  }

  /** Dead letters that are to run again go to the method that handles their event. */
  private retries(): RetryConsumer {
    const targets = this.handlers.map(({ registration: { event, method }, instance }) => ({
      event,
      handle: (message: EventMessage) => instance[method]!(message),
    }));
    const { user: service } = this.bus;
    return new RetryConsumer(this.bus, this.settlement, { service, targets, onTrouble: this.onTrouble });
  }

  /** Stops pulling and waits for what is in hand. */
  async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    this.consumers = [];
  }

  on(): never {
    throw new Error('EventStrategy emits no events');
  }

  unwrap<T>(): T {
    return this.bus as T;
  }
}

import type { Bus } from '../bus.ts';
import { NotStoredError } from '../publisher.ts';
import { publishDeadLetter } from './dead-letter.ts';
import type { Delivery } from './pull.ts';

/** The message breaks its contract: no retry can help. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}

/** Something the handler needs is away (Postgres, NATS, a key bucket): the message waits and no delivery is counted. */
export class MissingDependencyError extends Error {
  override readonly name = 'MissingDependencyError';
}

export interface SettlementOptions {
  /** The handler is run at most so often for one message. */
  maxDeliveries: number;
  /** Delay before delivery 2, 3, …; the last one repeats. */
  backoffMs: readonly number[];
  /** Called after a message went to the dead letters, so that its request can be completed as failed. */
  onDeadLetter?: (delivery: Delivery, code: DeadLetterCode) => Promise<void>;
  onError?: (error: unknown, delivery: Delivery, exit: Exit) => void;
}

export type DeadLetterCode = 'poison' | 'exhausted';
export type Exit = 'acked' | 'retried' | 'paused' | 'dead';

export const defaultSettlement: SettlementOptions = {
  maxDeliveries: 5,
  backoffMs: [200, 1000, 5000, 15_000],
};

const ack = Buffer.from('+ACK');
const pauseMs = 250;
const maxPauseMs = 5000;

/**
 * The one place where a message is acknowledged, retried or given up. A handler that returns is acked; a refusal
 * is an event it published, never an exception. What it throws leaves by one of three exits: poison, a missing
 * dependency (wait and run again), or transient (nak with backoff, counted, then the dead letters).
 */
export class Settlement {
  private readonly buried = new Set<NonNullable<SettlementOptions['onDeadLetter']>>();

  constructor(
    private readonly bus: Bus,
    private readonly service: string,
    private readonly options: SettlementOptions = defaultSettlement,
  ) {
    if (options.onDeadLetter) this.buried.add(options.onDeadLetter);
  }

  /** Calls back after a message went to the dead letters, before it is gone for good. */
  onDeadLetter(listener: NonNullable<SettlementOptions['onDeadLetter']>): void {
    this.buried.add(listener);
  }

  /** Runs the handler for one delivery and settles it. Never throws. */
  async settle(
    delivery: Delivery,
    run: () => Promise<void>,
    stopping: () => boolean = () => false,
  ): Promise<Exit> {
    if (delivery.deliveries > this.options.maxDeliveries) return this.bury(delivery, 'exhausted');
    for (let wait = pauseMs; ; wait = Math.min(wait * 2, maxPauseMs)) {
      try {
        await run();
        this.bus.sendUnhurried(delivery.ackSubject, ack);
        return 'acked';
      } catch (error) {
        const missing = error instanceof MissingDependencyError || error instanceof NotStoredError;
        if (!missing) return this.fail(error, delivery);
        this.options.onError?.(error, delivery, 'paused');
        if (stopping()) return 'paused';
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private async fail(error: unknown, delivery: Delivery): Promise<Exit> {
    const poison = error instanceof PoisonError;
    const exit = poison || delivery.deliveries >= this.options.maxDeliveries ? 'dead' : 'retried';
    this.options.onError?.(error, delivery, exit);
    if (exit === 'dead') return this.bury(delivery, poison ? 'poison' : 'exhausted');
    const { backoffMs } = this.options;
    const delayMs = backoffMs[Math.min(delivery.deliveries, backoffMs.length) - 1] ?? 1000;
    this.bus.send(delivery.ackSubject, Buffer.from(`-NAK {"delay": ${delayMs * 1_000_000}}`));
    return 'retried';
  }

  private async bury(delivery: Delivery, code: DeadLetterCode): Promise<Exit> {
    try {
      await publishDeadLetter(this.bus, this.service, delivery, code);
      for (const listener of this.buried) await listener(delivery, code);
      this.bus.send(delivery.ackSubject, Buffer.from('+TERM'));
      return 'dead';
    } catch (error) {
      // Not buried: the broker delivers it again after ack-wait, and burying is tried again.
      this.options.onError?.(error, delivery, 'paused');
      return 'paused';
    }
  }
}

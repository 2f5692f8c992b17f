import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ActiveConfig, LOGGER } from '#boot';
import { type Approvals, durationMs } from '#contracts';
import { type Logger, metrics } from '#telemetry';
import { Telling } from '../telling/tell.ts';
import { type Attempt, failed } from './attempt.ts';
import type { Delivery } from './delivery.entity.ts';
import { DeliveryQueue } from './queue.ts';
import { Sender } from './sender.ts';

const tickMs = 500;
const tidyEveryMs = 60_000;
/** Sent at the same time in this replica, of one channel: a slow receiver holds up no other. */
const roomPerChannel = 4;
const closeWaitMs = 5000;
/** A lease outlasts the attempt by this. */
const leaseMarginMs = 2000;

/** Sends what waits, apart from everything that decides: whatever happens here delays no vote. */
@Injectable()
export class Courier implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private closing = false;
  private tidiedAt = 0;
  private readonly underWay = new Map<string, Set<Promise<void>>>();

  constructor(
    private readonly config: ActiveConfig,
    private readonly telling: Telling,
    private readonly queue: DeliveryQueue,
    private readonly sender: Sender,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.tick();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.running;
    clearTimeout(this.timer);
    // What isn't sent by then is sent by another replica, or after the next start.
    const sends = Promise.all([...this.underWay.values()].flatMap((under) => [...under]));
    await Promise.race([sends, new Promise((over) => setTimeout(over, closeWaitMs).unref())]);
  }

  private tick(): void {
    this.timer = undefined;
    this.running = this.work(Date.now())
      .catch((err: unknown) => this.logger.warn({ err }, 'notifications have to wait'))
      .then(() => {
        if (!this.closing) this.timer = setTimeout(() => this.tick(), tickMs);
      });
  }

  private async work(at: number): Promise<void> {
    while (!this.closing && (await this.telling.take(at)));
    const approvals = this.config.current?.document.approvals;
    if (!approvals) return;
    if (at - this.tidiedAt >= tidyEveryMs) {
      this.tidiedAt = at;
      await this.queue.tidy(channelsOf(approvals), at, durationMs(approvals.delivery.keep));
      metrics.notificationsWaiting.set(await this.queue.countWaiting());
    }
    const rooms = this.rooms(channelsOf(approvals));
    if (rooms.size === 0) return;
    for (const delivery of await this.queue.claim(rooms, at, leaseMs(approvals))) {
      this.start(delivery, approvals);
    }
  }

  /** How many more of each channel may be sent now. */
  private rooms(channels: readonly string[]): Map<string, number> {
    const rooms = channels.map(
      (channel) => [channel, roomPerChannel - (this.underWay.get(channel)?.size ?? 0)] as const,
    );
    return new Map(rooms.filter(([, room]) => room > 0));
  }

  private start(delivery: Delivery, approvals: Approvals): void {
    const sends = this.underWay.get(delivery.channel) ?? new Set();
    this.underWay.set(delivery.channel, sends);
    const send = this.attempt(delivery, approvals).then((written) => {
      sends.delete(send);
      if (written) this.wake();
    });
    sends.add(send);
  }

  /** There is room again: looks at once instead of at the next tick. */
  private wake(): void {
    if (this.closing || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.tick();
  }

  private async attempt(delivery: Delivery, approvals: Approvals): Promise<boolean> {
    const { id, channel, kind, attempts } = delivery;
    try {
      const sent = this.sender.send(delivery, approvals, Date.now());
      const attempt = await inTime(sent, attemptMs(approvals), (err) =>
        this.logger.warn({ err, delivery: id, channel }, 'a notification could not be put together'),
      );
      if (attempt.kind !== 'delivered' && attempt.kind !== 'skipped') {
        this.logger.warn({ delivery: id, channel, kind, attempts, code: attempt.error }, 'not notified');
      }
      const times = { at: Date.now(), random: Math.random() };
      await this.queue.settle(delivery, attempt, approvals, times);
      return true;
    } catch (err) {
      // Its lease runs out, and it is sent again.
      this.logger.warn({ err, delivery: id, channel }, 'how a notification went is not written down');
      return false;
    }
  }
}

const channelsOf = ({ email, webhooks }: Approvals): string[] => [
  ...(email ? ['email'] : []),
  ...webhooks.map(({ name }) => name),
];

/** Putting it together and sending it each have the channel's time. */
const attemptMs = ({ delivery }: Approvals): number => 2 * durationMs(delivery.timeout);
const leaseMs = (approvals: Approvals): number => attemptMs(approvals) + leaseMarginMs;

/** An attempt that ends in time, as failed where it doesn't. */
function inTime(work: Promise<Attempt>, ms: number, onError: (error: unknown) => void): Promise<Attempt> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(failed('timeout')), ms);
    work
      .catch((error: unknown) => {
        onError(error);
        return failed('service.unavailable');
      })
      .then(resolve)
      .finally(() => clearTimeout(timer));
  });
}

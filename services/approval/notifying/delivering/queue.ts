import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { Approvals, DeliveryState } from '#contracts';
import { UnitOfWork } from '#database';
import { metrics } from '#telemetry';
import { Endpoints } from '../telling/endpoints.ts';
import type { Attempt } from './attempt.ts';
import { Delivery } from './delivery.entity.ts';
import { retryAfterMs } from './retry.ts';

/** Where deliveries wait. Any replica takes them; one that dies leaves them to others when its lease ends. */
@Injectable()
export class DeliveryQueue {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly endpoints: Endpoints,
  ) {}

  /** Takes due deliveries, at most so many of each channel, and counts the attempt. */
  async claim(rooms: ReadonlyMap<string, number>, at: number, leaseMs: number): Promise<Delivery[]> {
    return this.unit.read(async (manager) => {
      const [claimed] = (await manager.query(
        `with due as materialized (
           select one.id from unnest($1::text[], $2::int[]) as channel(name, room)
           cross join lateral (
             select id from delivery
             where delivery.channel = channel.name and state = 'waiting' and next_at <= $3
             order by next_at limit channel.room for update skip locked
           ) one
         )
         update delivery set attempts = attempts + 1, next_at = $4
         where id in (select id from due) returning id`,
        [[...rooms.keys()], [...rooms.values()], new Date(at), new Date(at + leaseMs)],
      )) as [{ id: string }[], number];
      if (claimed.length === 0) return [];
      return manager.find(Delivery, { where: { id: In(claimed.map(({ id }) => id)) }, order: { id: 'ASC' } });
    });
  }

  /** Writes down how an attempt went. One whose lease was taken over changes nothing. */
  async settle(
    delivery: Delivery,
    attempt: Attempt,
    approvals: Approvals,
    times: { at: number; random: number },
  ): Promise<void> {
    const { state, error, nextAt } = afterAttempt(delivery, attempt, approvals, times);
    const channel = delivery.channel === 'email' ? 'email' : 'webhook';
    metrics.notifications.inc({ channel, result: state === 'waiting' ? 'retried' : state });
    const endedAt = state === 'waiting' ? null : new Date(times.at);
    await this.unit.inTransaction(async ({ manager }) => {
      await manager.update(
        Delivery,
        { id: delivery.id, attempts: delivery.attempts, state: 'waiting' },
        { state, lastError: error, endedAt, ...(nextAt && { nextAt }) },
      );
      const hook = approvals.webhooks.find(({ name }) => name === delivery.channel);
      if (attempt.kind === 'gone' && hook) await this.endpoints.disable(manager, hook, times.at);
    });
  }

  /** Ends what waits for channels that are no longer configured, and forgets what ended long ago. */
  async tidy(channels: readonly string[], at: number, keepMs: number): Promise<void> {
    await this.unit.read(async (manager) => {
      await manager.query(
        `update delivery set state = 'skipped', ended_at = $2, last_error = 'channel.removed'
         where state = 'waiting' and channel <> all($1)`,
        [channels, new Date(at)],
      );
      await manager.query('delete from delivery where ended_at < $1', [new Date(at - keepMs)]);
    });
  }

  async countWaiting(): Promise<number> {
    return this.unit.read((manager) => manager.countBy(Delivery, { state: 'waiting' }));
  }
}

function afterAttempt(
  { attempts }: Delivery,
  attempt: Attempt,
  { delivery: delivering }: Approvals,
  { at, random }: { at: number; random: number },
): { state: DeliveryState; error: string | null; nextAt?: Date } {
  switch (attempt.kind) {
    case 'delivered':
      return { state: 'delivered', error: null };
    case 'skipped':
      return { state: 'skipped', error: attempt.why };
    case 'refused':
    case 'gone':
      return { state: 'failed', error: attempt.error };
    case 'failed': {
      const pauseMs = retryAfterMs(delivering, attempts, random, attempt.askedMs);
      if (pauseMs === undefined) return { state: 'failed', error: attempt.error };
      return { state: 'waiting', error: attempt.error, nextAt: new Date(at + pauseMs) };
    }
    default:
      return attempt satisfies never;
  }
}

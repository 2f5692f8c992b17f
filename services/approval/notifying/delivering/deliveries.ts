import { Injectable } from '@nestjs/common';
import { CodedError, type DeliveryList, type DeliveryView, type ListDeliveriesQuery } from '#contracts';
import { UnitOfWork } from '#database';
import { Delivery } from './delivery.entity.ts';
import { deliveryView } from './delivery-view.ts';

/** Lists deliveries, and lets one be sent again. */
@Injectable()
export class Deliveries {
  constructor(private readonly unit: UnitOfWork) {}

  /** Newest first. Ids sort by time, so the last one of a page is where the next begins. */
  async page({ approval, channel, state, limit, cursor }: ListDeliveriesQuery): Promise<DeliveryList> {
    return this.unit.read(async (manager) => {
      const select = manager
        .createQueryBuilder(Delivery, 'delivery')
        .orderBy('delivery.id', 'DESC')
        .limit(limit + 1);
      if (approval !== undefined) select.andWhere('delivery.approvalId = :approval', { approval });
      if (channel !== undefined) select.andWhere('delivery.channel = :channel', { channel });
      if (state !== undefined) select.andWhere('delivery.state = :state', { state });
      if (cursor !== undefined) select.andWhere('delivery.id < :cursor', { cursor });
      const rows = await select.getMany();
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map(deliveryView),
        ...(rows.length > limit && last && { next: last.id }),
      };
    });
  }

  /**
   * Starts a delivery's attempts anew, whatever became of it. Throws `notification.not_found`; changes nothing where it
   * waits to be sent anyway.
   */
  async resend(id: string, at: number): Promise<DeliveryView> {
    return this.unit.inTransaction(async ({ manager }) => {
      const row = await manager.findOne(Delivery, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!row) {
        throw new CodedError('notification.not_found', 'There is no such delivery, or none that is kept.');
      }
      if (row.state !== 'waiting') {
        const anew = { state: 'waiting', attempts: 0, nextAt: new Date(at), endedAt: null } as const;
        await manager.update(Delivery, { id }, anew);
        Object.assign(row, anew);
      }
      return deliveryView(row);
    });
  }
}

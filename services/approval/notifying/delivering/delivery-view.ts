import type { EntityManager } from 'typeorm';
import type { DeliveryView } from '#contracts';
import { Delivery } from './delivery.entity.ts';

const maxShown = 200;

/** A delivery as people see it. */
export function deliveryView(row: Delivery): DeliveryView {
  const { id, approvalId, kind, channel, audience, state, attempts, at, nextAt, endedAt, lastError } = row;
  return {
    ...{ id, approvalId, kind, channel, audience, state, attempts, at: at.getTime() },
    ...(state === 'waiting' && { nextAttemptAt: nextAt.getTime() }),
    ...(endedAt && { endedAt: endedAt.getTime() }),
    ...(lastError !== null && { lastError }),
  };
}

/** The latest deliveries of one approval request, oldest first. */
export async function deliveriesOf(manager: EntityManager, approvalId: string): Promise<DeliveryView[]> {
  const rows = await manager.find(Delivery, {
    where: { approvalId },
    order: { id: 'DESC' },
    take: maxShown,
  });
  return rows.reverse().map(deliveryView);
}

import type { DeliveryView } from '#contracts';
import type { Delivery } from './delivery.entity.ts';

/** What is shown of a delivery; times as they are kept, or in ms since the epoch. */
type Shown = Pick<
  Delivery,
  'id' | 'approvalId' | 'kind' | 'channel' | 'audience' | 'state' | 'attempts' | 'lastError'
> & { at: Date | number; nextAt: Date | number; endedAt: Date | number | null };

/** A delivery as people see it. */
export function deliveryView(row: Shown): DeliveryView {
  const { id, approvalId, kind, channel, audience, state, attempts, at, nextAt, endedAt, lastError } = row;
  return {
    ...{ id, approvalId, kind, channel, audience, state, attempts, at: Number(at) },
    ...(state === 'waiting' && { nextAttemptAt: Number(nextAt) }),
    ...(endedAt !== null && { endedAt: Number(endedAt) }),
    ...(lastError !== null && { lastError }),
  };
}

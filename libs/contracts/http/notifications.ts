import { z } from 'zod';
import { NotificationKind, NotifiedContent } from '../document/notifications.ts';
import { EpochMs } from '../names.ts';

/** Where a delivery stands: `waiting` for its (next) attempt, or ended. */
export const deliveryStates = [
  'waiting',
  'delivered',
  /** Every attempt failed, or the channel refuses. It can be sent again. */
  'failed',
  /** There was nothing to tell any more, or nobody to tell it to. */
  'skipped',
] as const;
export const DeliveryState = z.enum(deliveryStates);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** One message to one receiver. Addresses and content are nowhere in it. */
export const DeliveryView = z.object({
  /** The same on every attempt: `webhook-id`, or the left part of `Message-ID`. */
  id: z.string(),
  approvalId: z.string(),
  kind: NotificationKind,
  /** `email`, or the name of a webhook. */
  channel: z.string(),
  /** `group:NAME`, `requester` or `voter`; `webhook` for a webhook. */
  audience: z.string(),
  state: DeliveryState,
  attempts: z.number().int().nonnegative(),
  /** When what it tells of happened. */
  at: EpochMs,
  nextAttemptAt: EpochMs.optional(),
  endedAt: EpochMs.optional(),
  /** What the last attempt met: `http.503`, `timeout`, `smtp.550`, `address.not_public`. */
  lastError: z.string().optional(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** `GET /v1/notifications`. Newest first. */
export const ListDeliveriesQuery = z.strictObject({
  approval: z.string().max(100).optional(),
  channel: z.string().max(63).optional(),
  state: DeliveryState.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  cursor: z.string().max(100).optional(),
});
export type ListDeliveriesQuery = z.infer<typeof ListDeliveriesQuery>;

export const DeliveryList = z.object({
  items: z.array(DeliveryView),
  /** Give it as `cursor` to read on; absent on the last page. */
  next: z.string().optional(),
});
export type DeliveryList = z.infer<typeof DeliveryList>;

/** A way to tell people or programs, as configured, and how it fares. */
export const ChannelView = z.object({
  /** `email`, or the name of a webhook. */
  channel: z.string(),
  format: z.enum(['email', 'standard', 'slack']),
  content: NotifiedContent,
  /** `disabled`: its receiver answered 410 Gone; nothing is sent until somebody enables it. */
  state: z.enum(['enabled', 'disabled']),
  disabledAt: EpochMs.optional(),
  /** Deliveries that wait for an attempt. */
  waiting: z.number().int(),
  failed: z.number().int(),
  lastDeliveredAt: EpochMs.optional(),
});
export type ChannelView = z.infer<typeof ChannelView>;
export const ChannelList = z.object({ items: z.array(ChannelView) });
export type ChannelList = z.infer<typeof ChannelList>;

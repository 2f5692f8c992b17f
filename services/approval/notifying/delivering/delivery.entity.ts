import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeliveryState, NotificationKind } from '#contracts';

/**
 * One message to one receiver, and how its sending goes. Addresses and content are looked up when it is sent: here is
 * only what tells which.
 */
@Entity({ name: 'delivery' })
export class Delivery {
  /** `msg_…`, the same on every attempt; sorts by time. */
  @PrimaryColumn('text')
  id!: string;
  @Column('text', { name: 'approval_id' })
  approvalId!: string;
  @Column('text')
  kind!: NotificationKind;
  /** The version in hand when it happened. */
  @Column('int')
  version!: number;
  /** The outcome, or the group it was escalated to. */
  @Column('text', { nullable: true })
  what!: string | null;
  /** `email`, or the name of a webhook. */
  @Column('text')
  channel!: string;
  /** `group:NAME`, `requester` or `voter`; `webhook` for a webhook. */
  @Column('text')
  audience!: string;
  /** Which address of the audience, as a keyed digest; null for a webhook. */
  @Column('text', { nullable: true })
  recipient!: string | null;
  @Column('text')
  state!: DeliveryState;
  @Column('int')
  attempts!: number;
  @Column('timestamptz')
  at!: Date;
  /** When it is due; while somebody sends it, when another may take over. */
  @Column('timestamptz', { name: 'next_at' })
  nextAt!: Date;
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
  @Column('text', { name: 'last_error', nullable: true })
  lastError!: string | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Outcome } from '#contracts';

/** A request that was cancelled, or ended, before its `approval.requested` was taken in: two consumers have no order. */
@Entity({ name: 'early_end' })
export class EarlyEnd {
  @PrimaryColumn('text', { name: 'request_id' })
  requestId!: string;
  /** Null where the requester cancelled it. */
  @Column('text', { nullable: true })
  outcome!: Outcome | null;
  @Column('timestamptz')
  at!: Date;
}

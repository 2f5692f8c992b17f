import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Principal } from '#contracts';

/** What was approved by breaking the glass, until enough others looked at it. */
@Entity({ name: 'review' })
export class Review {
  @PrimaryColumn('text', { name: 'approval_id' })
  approvalId!: string;
  @Column('jsonb', { name: 'opened_by' })
  openedBy!: Principal;
  @Column('timestamptz', { name: 'opened_at' })
  openedAt!: Date;
  @Column('int')
  reviewers!: number;
  /** Those who looked, one entry each. */
  @Column('jsonb', { name: 'closed_by' })
  closedBy!: Principal[];
  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;
}

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What happens to a request at a time, if it is open by then. Deleted in the transaction that applies it. */
@Entity({ name: 'approval_step' })
export class ApprovalStep {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;
  @Column('text', { name: 'approval_id' })
  approvalId!: string;
  @Column('text')
  kind!: 'remind' | 'escalate';
  /** The group it is escalated to. */
  @Column('text', { name: 'to_group', nullable: true })
  toGroup!: string | null;
  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}

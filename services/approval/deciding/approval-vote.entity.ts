import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Principal, Vote } from '#contracts';

/** What a person last said about a version. */
@Entity({ name: 'approval_vote' })
export class ApprovalVote {
  @PrimaryColumn('text', { name: 'approval_id' })
  approvalId!: string;
  @PrimaryColumn('int')
  version!: number;
  @PrimaryColumn('text')
  issuer!: string;
  @PrimaryColumn('text')
  subject!: string;
  @Column('jsonb')
  approver!: Principal;
  @Column('text')
  vote!: Vote;
  @Column('timestamptz')
  at!: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GrantEnding, GrantLimits, Principal, RequestShape } from '#contracts';

export const grantStates = ['asked', 'live', 'ended'] as const;
export type GrantState = (typeof grantStates)[number];

/** An approval that covers further requests of the same shape, for a while. */
@Entity({ name: 'approval_grant' })
export class ApprovalGrant {
  @PrimaryColumn('text')
  id!: string;
  /** The request it was asked for with, and the version people saw. */
  @Column('text', { name: 'approval_id' })
  approvalId!: string;
  @Column('int')
  version!: number;
  @Column('text')
  state!: GrantState;
  @Column('text', { nullable: true })
  ending!: GrantEnding | null;
  @Column('text', { name: 'subject_key' })
  subjectKey!: string;
  @Column('jsonb')
  requester!: Principal;
  @Column('text')
  connection!: string;
  @Column('text', { nullable: true })
  model!: string | null;
  @Column('text', { array: true })
  rules!: string[];
  /** The requirement's groups, for looking up. */
  @Column('text', { array: true })
  groups!: string[];
  @Column('jsonb')
  shape!: RequestShape;
  /** The conversation it was given in. */
  @Column('text')
  conversation!: string;
  /** Those whose votes it carries, one entry each. */
  @Column('jsonb')
  authors!: Principal[];
  @Column('jsonb')
  limits!: GrantLimits;
  @Column('int')
  used!: number;
  @Column('timestamptz', { name: 'asked_at' })
  askedAt!: Date;
  @Column('timestamptz', { name: 'granted_at', nullable: true })
  grantedAt!: Date | null;
  /** Of one that was only asked for: until when others may agree. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
  @Column('jsonb', { name: 'ended_by', nullable: true })
  endedBy!: Principal | null;
}

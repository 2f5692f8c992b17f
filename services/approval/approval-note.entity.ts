import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Principal } from '#contracts';

export const noteKinds = [
  'requested',
  'voted',
  'edited',
  'held_again',
  'ended',
  'moved',
  'justified',
  'nudged',
  'revealed',
  'glass_broken',
  'reviewed',
  /** The groups were told again that it waits. `what`: how long it has waited, e.g. `10m`. */
  'reminded',
  /** Members of another group may decide as well. `what`: the group. */
  'escalated',
  /** Somebody asked that their approval covers the same shape. `what`, here and below: the grant's id. */
  'grant_asked',
  'grant_given',
  /** A grant stood in for the votes on this request. */
  'granted',
  'grant_ended',
] as const;
export type NoteKind = (typeof noteKinds)[number];

/** One line of an approval request's history. Notes are added and never changed. */
@Entity({ name: 'approval_note' })
export class ApprovalNote {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: number;
  @Column('text', { name: 'approval_id' })
  approvalId!: string;
  @Column('text')
  kind!: NoteKind;
  @Column('int')
  version!: number;
  @Column('jsonb', { nullable: true })
  actor!: Principal | null;
  /** A state or vote, in clear. */
  @Column('text', { nullable: true })
  what!: string | null;
  /** JSON `{reason}` or `{justification}`, sealed with the requester's key. */
  @Column('bytea', { nullable: true })
  sealed!: Buffer | null;
  @Column('timestamptz')
  at!: Date;
}

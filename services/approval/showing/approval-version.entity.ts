import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BodyLocation, Principal } from '#contracts';

/** One version of the content people decide about, sealed. */
@Entity({ name: 'approval_version' })
export class ApprovalVersion {
  @PrimaryColumn('text', { name: 'approval_id' })
  approvalId!: string;
  @PrimaryColumn('int')
  version!: number;
  @Column('text')
  digest!: string;
  @Column('int')
  bytes!: number;
  /** Null where the content is in the object store. */
  @Column('bytea', { nullable: true })
  sealed!: Buffer | null;
  /** Its name in the object store. */
  @Column('text', { nullable: true })
  stored!: string | null;
  @Column('jsonb', { nullable: true })
  editor!: Principal | null;
  @Column('timestamptz')
  at!: Date;
}

/** Where a version's bytes are when a location names the object store. */
export function storedName(location: BodyLocation): string | null {
  return location.in === 'store' ? location.name : null;
}

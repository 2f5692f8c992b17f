import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A webhook whose receiver answered 410 Gone. Nothing is sent to it until somebody enables it, or it gets another URL. */
@Entity({ name: 'gone_endpoint' })
export class GoneEndpoint {
  @PrimaryColumn('text')
  channel!: string;
  /** SHA-256 of the URL as configured. */
  @Column('text', { name: 'url_digest' })
  urlDigest!: string;
  @Column('timestamptz')
  at!: Date;
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The table that holds what a transaction decided to publish until the relay has published it. */
export class CreateOutbox1760000000000 implements MigrationInterface {
  readonly name = 'CreateOutbox1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table outbox (
        id bigint generated always as identity primary key,
        ordering_key text not null,
        kind text not null check (kind in ('event', 'create_entry', 'put_entry')),
        target text not null,
        message_id text not null,
        headers jsonb,
        payload bytea not null,
        created_at timestamptz not null default now(),
        sent_at timestamptz
      )`);
    await runner.query('create index outbox_unsent on outbox (id) where sent_at is null');
    await runner.query('create index outbox_sent on outbox (sent_at) where sent_at is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table outbox');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether something of a key still waits is asked with every commit that publishes. */
export class IndexOutbox1760000000700 implements MigrationInterface {
  readonly name = 'IndexOutbox1760000000700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index outbox_unsent_key on outbox (ordering_key) where sent_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index outbox_unsent_key');
  }
}

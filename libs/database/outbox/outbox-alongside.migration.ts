import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which events may be on their way together with what goes before them. */
export class OutboxAlongside1760000002000 implements MigrationInterface {
  readonly name = 'OutboxAlongside1760000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox add column alongside boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column alongside');
  }
}

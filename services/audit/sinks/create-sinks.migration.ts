import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each sink of `sallyport.yaml` is, and who sends to it. */
export class CreateSinks1760000000500 implements MigrationInterface {
  readonly name = 'CreateSinks1760000000500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table sink (
      name text primary key,
      next_index bigint not null default 0,
      holder text,
      lease_until timestamptz,
      delivered_at timestamptz,
      failing_since timestamptz,
      failure text
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sink');
  }
}

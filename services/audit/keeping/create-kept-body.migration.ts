import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Content that is too large for an event: what the object store holds for a while, the ledger keeps. */
export class CreateKeptBody1760000000600 implements MigrationInterface {
  readonly name = 'CreateKeptBody1760000000600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table kept_body (
      name text primary key,
      segment int not null,
      index bigint not null,
      state text not null default 'waiting' check (state in ('waiting', 'kept', 'missing'))
    )`);
    await runner.query(`create index kept_body_waiting on kept_body (index) where state = 'waiting'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table kept_body');
  }
}

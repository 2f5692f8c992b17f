import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Until when questions of a version that didn't sign them are taken in: for as long as an update takes, and where
 * nothing was ever asked, not at all.
 */
export class AllowUnsigned1760000001300 implements MigrationInterface {
  readonly name = 'AllowUnsigned1760000001300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table unsigned_questions (allowed_until timestamptz not null)');
    await runner.query(
      `insert into unsigned_questions select now() + interval '15 minutes'
       where exists (select 1 from approval_request)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table unsigned_questions');
  }
}

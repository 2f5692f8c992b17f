import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The list of what is frozen and revoked that policy made last, as it signed it. */
export class CreateBlockList1760000000320 implements MigrationInterface {
  readonly name = 'CreateBlockList1760000000320';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table block_list (
        only_one boolean primary key default true check (only_one),
        changed_at bigint not null,
        signed bytea not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table block_list');
  }
}

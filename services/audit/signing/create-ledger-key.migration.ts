import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every key that signed this ledger, with the statement by which the key before handed over to it. */
export class CreateLedgerKey1760000001300 implements MigrationInterface {
  readonly name = 'CreateLedgerKey1760000001300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ledger_key (
        number int generated always as identity primary key,
        public_key text not null unique,
        since bigint not null,
        handover text
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table ledger_key');
  }
}

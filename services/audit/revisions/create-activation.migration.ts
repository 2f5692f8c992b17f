import type { MigrationInterface, QueryRunner } from 'typeorm';
import { configActivated } from '#contracts';

/** Where the ledger says that a revision came into force: exports of a request or a period carry it. */
export class CreateActivation1760000001200 implements MigrationInterface {
  readonly name = 'CreateActivation1760000001200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table activation (index bigint primary key)');
    await runner.query('insert into activation (index) select index from entry where subject = $1', [
      configActivated.subject(),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table activation');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tells sessions whose groups stand in the index under keyed names from those of before. */
export class CreateKeyedGroups1760000000900 implements MigrationInterface {
  readonly name = 'CreateKeyedGroups1760000000900';

  async up(runner: QueryRunner): Promise<void> {
    // Whatever an older version still writes is keyed later.
    await runner.query('alter table session add column has_keyed_groups boolean not null default false');
    await runner.query('create index session_unkeyed on session (id) where not has_keyed_groups');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index session_unkeyed');
    await runner.query('alter table session drop column has_keyed_groups');
  }
}

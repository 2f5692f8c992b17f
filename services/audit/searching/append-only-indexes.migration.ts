import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = ['session', 'session_words', 'node_run', 'kept_body'];

/**
 * Nor are sessions, words and tree vacuumed for what is inserted: each vacuum reads their indexes whole, more often and
 * longer the larger they are. What is updated or deleted, and age, still lead to one.
 */
export class AppendOnlyIndexes1760000001100 implements MigrationInterface {
  readonly name = 'AppendOnlyIndexes1760000001100';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) {
      await runner.query(`alter table ${table} set (autovacuum_vacuum_insert_threshold = -1)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables) {
      await runner.query(`alter table ${table} reset (autovacuum_vacuum_insert_threshold)`);
    }
  }
}

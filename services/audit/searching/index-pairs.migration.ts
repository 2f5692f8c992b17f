import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Scripts without spaces between words are indexed by pairs of characters. What was indexed before is read once more,
 * whenever nothing newer waits: entries from `again_next` up to `again_to`.
 */
export class IndexPairs1760000001400 implements MigrationInterface {
  readonly name = 'IndexPairs1760000001400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table word_cursor add column again_next bigint not null default 0, add column again_to bigint not null default 0',
    );
    await runner.query('update word_cursor set again_to = next_index');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table word_cursor drop column again_next, drop column again_to');
  }
}

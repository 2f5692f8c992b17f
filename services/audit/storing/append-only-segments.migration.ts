import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Segments are only added to: a vacuum after so many inserts would read and write each page once more while the ledger is
 * written. What is erased, and age (`autovacuum_freeze_max_age`), still lead to one.
 */
const appendOnly = 'autovacuum_vacuum_insert_threshold = -1';

const openSegment = (
  options: string,
): string => `create or replace function open_segment(number int) returns void
  language plpgsql security definer set search_path from current as $body$
  begin
    execute format('create table if not exists entry_%s partition of entry for values in (%s) with (${options})', number, number);
    execute format('create table if not exists content_%s partition of content for values in (%s) with (${options})', number, number);
    execute format('alter table content_%s alter column sealed set storage external', number);
    execute format('alter table entry_%s alter column head set storage main', number);
    execute format('grant select, insert, update, delete on entry_%s, content_%s to %I', number, number, session_user);
  end $body$`;

/** Segments, those that are there too, aren't vacuumed for what is inserted. */
export class AppendOnlySegments1760000001000 implements MigrationInterface {
  readonly name = 'AppendOnlySegments1760000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(openSegment(`toast_tuple_target = 8160, autovacuum_enabled = true, ${appendOnly}`));
    await eachSegment(runner, `set (${appendOnly})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(openSegment('toast_tuple_target = 8160, autovacuum_enabled = true'));
    await eachSegment(runner, 'reset (autovacuum_vacuum_insert_threshold)');
  }
}

async function eachSegment(runner: QueryRunner, change: string): Promise<void> {
  const tables: { name: string }[] = await runner.query(
    `select inhrelid::regclass::text as name from pg_inherits
     where inhparent in ('entry'::regclass, 'content'::regclass)`,
  );
  for (const { name } of tables) await runner.query(`alter table ${name} ${change}`);
}

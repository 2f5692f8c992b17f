import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Erasures that people have to agree to, legal holds, and what retention dropped. */
export class CreateGovernance1760000000400 implements MigrationInterface {
  readonly name = 'CreateGovernance1760000000400';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function drop_content(int)');
    await runner.query('drop function drop_entries(int, bigint[])');
    await runner.query(
      'alter table segment drop column content_dropped_at, drop column metadata_dropped_at, drop column decisions_dropped_at',
    );
    await runner.query('alter table erasure drop column approval');
    for (const table of ['tombstone', 'legal_hold', 'erasure_request']) {
      await runner.query(`drop table ${table}`);
    }
  }
}

/** As the partitions that they take the place of. */
const wholeRows = 'with (toast_tuple_target = 8160, autovacuum_enabled = true)';

const statements = [
  `create table erasure_request (
    id text primary key,
    subject_key text not null,
    terms json not null,
    asker_key text not null,
    question bytea,
    state text not null check (state in ('asking', 'waiting', 'approved', 'rejected', 'expired', 'cancelled')),
    asked_at bigint not null,
    ended_at bigint
  )`,
  `create unique index erasure_request_open on erasure_request (subject_key) where state in ('asking', 'waiting')`,
  'create index erasure_request_asked on erasure_request (asked_at)',
  'alter table erasure add column approval text unique',
  `create table legal_hold (
    id text primary key,
    scope text not null check (scope in ('person', 'request', 'period')),
    subject_key text,
    request_id uuid,
    from_at bigint,
    to_at bigint,
    placer_key text not null,
    details bytea,
    placed_at bigint not null,
    lifted_at bigint
  )`,
  'create index legal_hold_open on legal_hold (placed_at) where lifted_at is null',
  `create table tombstone (
    id bigint generated always as identity primary key,
    scope text not null check (scope in ('content', 'entries')),
    first_index bigint not null,
    to_index bigint not null,
    note text not null,
    at bigint not null,
    published_at bigint
  )`,
  'alter table segment add column content_dropped_at bigint, add column metadata_dropped_at bigint, add column decisions_dropped_at bigint',
  // The service's own login may not drop tables: these two do it, for whole segments only.
  `create function drop_content(number int) returns void
    language plpgsql security definer set search_path from current as $body$
    begin
      execute format('drop table if exists content_%s', number);
    end $body$`,
  `create function drop_entries(number int, kept bigint[]) returns void
    language plpgsql security definer set search_path from current as $body$
    begin
      if cardinality(kept) > 0 then
        execute format('create table kept_%s (like entry_%s including all) ${wholeRows}', number, number);
        execute format('insert into kept_%s select * from entry_%s where index = any($1)', number, number) using kept;
      end if;
      execute format('drop table if exists entry_%s', number);
      if cardinality(kept) > 0 then
        execute format('alter table kept_%s rename to entry_%s', number, number);
        execute format('alter index if exists kept_%s_pkey rename to entry_%s_pkey', number, number);
        execute format('alter table entry attach partition entry_%s for values in (%s)', number, number);
        execute format('grant select, insert, update, delete on entry_%s to %I', number, session_user);
      end if;
    end $body$`,
];

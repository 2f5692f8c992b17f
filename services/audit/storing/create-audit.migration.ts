import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger (entries, sealed content, tree, checkpoints) and what makes it readable (sessions).
 * Entries and content are partitioned by segment: a run of entries that begins with a new day (UTC).
 */
export class CreateAudit1760000000200 implements MigrationInterface {
  readonly name = 'CreateAudit1760000000200';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...ledger, ...tree, ...reading]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function open_segment(int)');
    for (const table of [
      ...['erasure', 'incident', 'session', 'checkpoint', 'node_run', 'writer_state'],
      ...['content', 'entry', 'segment', 'log'],
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}

/** Sealed bytes don't compress; rows up to a page stay in one piece. */
const wholeRows = 'with (toast_tuple_target = 8160, autovacuum_enabled = true)';

const ledger = [
  `create table log (id int generated always as identity primary key, name text not null unique, begun_at bigint not null)`,
  `create table segment (
    id int primary key,
    first_index bigint not null,
    first_at bigint not null
  )`,
  `create table entry (
    segment int not null,
    index bigint not null,
    kind smallint not null,
    log int not null,
    sequence bigint not null,
    at bigint not null,
    subject text not null,
    message_id text not null,
    head bytea not null,
    personal bytea,
    openings bytea,
    sealed_bytes int not null,
    sealed_digest bytea,
    content_index bigint,
    primary key (segment, index)
  ) partition by list (segment)`,
  `create table content (
    segment int not null,
    index bigint not null,
    sealed bytea not null,
    primary key (segment, index)
  ) partition by list (segment)`,
  `create function open_segment(number int) returns void
    language plpgsql security definer set search_path from current as $body$
    begin
      execute format('create table if not exists entry_%s partition of entry for values in (%s) ${wholeRows}', number, number);
      execute format('create table if not exists content_%s partition of content for values in (%s) ${wholeRows}', number, number);
      execute format('alter table content_%s alter column sealed set storage external', number);
      execute format('alter table entry_%s alter column head set storage main', number);
      execute format('grant select, insert, update, delete on entry_%s, content_%s to %I', number, number, session_user);
    end $body$`,
];

const tree = [
  `create table node_run (
    level smallint not null,
    first_index bigint not null,
    hashes bytea not null,
    primary key (level, first_index)
  )`,
  `alter table node_run alter column hashes set storage external`,
  `create table checkpoint (size bigint primary key, note text not null, at bigint not null)`,
  `create table writer_state (
    id int primary key check (id = 1),
    range bytea not null,
    log int references log,
    sequence bigint not null,
    segment int references segment,
    projected bigint not null,
    reconciliation text not null,
    reconciled bigint not null
  )`,
  `insert into writer_state values (1, decode('0000000000000000', 'hex'), null, 0, null, 0, '{"open":[],"closed":[]}', 0)`,
];

const reading = [
  `create table session (
    id uuid primary key,
    subject_key text,
    indexes bigint[] not null,
    received_at bigint,
    completed_at bigint,
    outcome text,
    status int,
    code text,
    connection text,
    model text,
    operation text,
    rules text[] not null,
    revision text,
    conversation text,
    client text,
    held boolean not null,
    edited boolean not null,
    prompt_tokens int,
    completion_tokens int,
    facets bigint[] not null
  ) with (fillfactor = 90)`,
  `create index session_facets on session using gin (facets) with (gin_pending_list_limit = 4096)`,
  `create index session_open on session ((indexes[1])) where outcome is null`,
  `create table incident (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('gap', 'fork', 'flaw', 'finding')),
    code text not null,
    request_id text,
    log int,
    from_sequence bigint not null,
    to_sequence bigint not null,
    at bigint not null,
    acknowledged_at bigint
  )`,
  `create table erasure (
    index bigint primary key,
    subject_key text not null,
    done_at bigint
  )`,
  `create index erasure_open on erasure (index) where done_at is null`,
  `create index erasure_subject on erasure (subject_key)`,
  `create unique index incident_finding on incident (request_id, code) where kind = 'finding'`,
];

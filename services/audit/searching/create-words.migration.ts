import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The words of requests as keyed hashes, and how far the ledger is indexed. */
export class CreateWords1760000000800 implements MigrationInterface {
  readonly name = 'CreateWords1760000000800';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table word_cursor');
    await runner.query('drop table session_words');
  }
}

const statements = [
  `create table session_words (
    id uuid primary key,
    subject_key text not null,
    first_index bigint not null,
    words bigint[] not null
  )`,
  'create index session_words_words on session_words using gin (words) with (gin_pending_list_limit = 4096)',
  'create index session_words_subject on session_words (subject_key)',
  'create index session_words_first on session_words (first_index)',
  'create table word_cursor (id int primary key check (id = 1), next_index bigint not null)',
  'insert into word_cursor values (1, 0)',
];

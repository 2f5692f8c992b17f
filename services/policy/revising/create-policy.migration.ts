import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The revisions of `sallyport.yaml`, which never change, and when each came into force. */
export class CreatePolicy1760000000300 implements MigrationInterface {
  readonly name = 'CreatePolicy1760000000300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table revision (
        number int primary key check (number >= 1),
        digest text not null,
        document json not null,
        files json not null,
        source text not null check (source in ('api', 'file', 'found')),
        author json,
        message text not null,
        base int,
        changes json not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table activation (
        number int not null references revision,
        at timestamptz not null,
        author json,
        message text not null,
        primary key (at, number)
      )`);
    await runner.query(`
      create function refuse_change() returns trigger language plpgsql as
      $$ begin raise exception 'a revision never changes'; end $$`);
    for (const table of ['revision', 'activation']) {
      await runner.query(
        `create trigger immutable before update or delete on ${table} for each row execute function refuse_change()`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table activation');
    await runner.query('drop table revision');
    await runner.query('drop function refuse_change');
  }
}

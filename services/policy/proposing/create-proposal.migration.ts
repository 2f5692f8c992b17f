import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Activations that people have to agree to, each with what became of it. */
export class CreateProposal1760000000310 implements MigrationInterface {
  readonly name = 'CreateProposal1760000000310';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table proposal (
        id text primary key,
        number int not null references revision,
        message text not null,
        requested json not null,
        sealed bytea not null,
        base_entry bigint not null,
        state text not null check
          (state in ('asking', 'waiting', 'activated', 'rejected', 'expired', 'cancelled', 'outdated', 'refused')),
        why text,
        asked_at timestamptz not null,
        ended_at timestamptz
      )`);
    await runner.query(`
      create unique index proposal_open on proposal (number, base_entry) where state in ('asking', 'waiting')`);
    await runner.query('create index proposal_number on proposal (number, asked_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table proposal');
  }
}

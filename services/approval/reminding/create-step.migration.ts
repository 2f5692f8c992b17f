import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reminders and escalations that are still to come. */
export class CreateStep1760000000600 implements MigrationInterface {
  readonly name = 'CreateStep1760000000600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table approval_step (
        id bigint generated always as identity primary key,
        approval_id text not null references approval_request on delete cascade,
        kind text not null check (kind in ('remind', 'escalate')),
        to_group text,
        due_at timestamptz not null,
        check ((kind = 'escalate') = (to_group is not null))
      )`);
    await runner.query('create index approval_step_due on approval_step (due_at, id)');
    await runner.query('create index approval_step_of on approval_step (approval_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table approval_step');
  }
}

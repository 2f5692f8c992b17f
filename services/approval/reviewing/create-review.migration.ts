import type { MigrationInterface, QueryRunner } from 'typeorm';
import { noteKinds } from '../approval-note.entity.ts';

/** Reviews of what was approved by breaking the glass. */
export class CreateReview1760000000200 implements MigrationInterface {
  readonly name = 'CreateReview1760000000200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table review (
        approval_id text primary key references approval_request on delete cascade,
        opened_by jsonb not null,
        opened_at timestamptz not null,
        reviewers int not null check (reviewers >= 1),
        closed_by jsonb not null,
        closed_at timestamptz
      )`);
    await runner.query('create index review_open on review (opened_at) where closed_at is null');
    const kinds = noteKinds.map((kind) => `'${kind}'`).join(', ');
    await runner.query('alter table approval_note drop constraint approval_note_kind_check');
    await runner.query(
      `alter table approval_note add constraint approval_note_kind_check check (kind in (${kinds}))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table review');
  }
}

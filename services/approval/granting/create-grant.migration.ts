import type { MigrationInterface, QueryRunner } from 'typeorm';
import { noteKinds } from '../approval-note.entity.ts';
import { grantStates } from './approval-grant.entity.ts';

const listed = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/** Grants, and what requests have to say for them. */
export class CreateGrant1760000000500 implements MigrationInterface {
  readonly name = 'CreateGrant1760000000500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table approval_request add column shape jsonb, add column grant_id text');
    await runner.query(`
      create table approval_grant (
        id text primary key,
        approval_id text not null references approval_request on delete cascade,
        version int not null,
        state text not null check (state in (${listed(grantStates)})),
        ending text,
        subject_key text not null,
        requester jsonb not null,
        connection text not null,
        model text,
        rules text[] not null,
        groups text[] not null,
        shape jsonb not null,
        conversation text not null,
        authors jsonb not null,
        limits jsonb not null,
        used int not null check (used >= 0),
        asked_at timestamptz not null,
        granted_at timestamptz,
        expires_at timestamptz not null,
        ended_at timestamptz,
        ended_by jsonb,
        check ((state = 'ended') = (ending is not null))
      )`);
    for (const index of [
      `index approval_grant_live on approval_grant (subject_key, connection) where state = 'live'`,
      `unique index approval_grant_of on approval_grant (approval_id, version) where state <> 'ended'`,
      `index approval_grant_due on approval_grant (expires_at) where state <> 'ended'`,
      `index approval_grant_asked on approval_grant (asked_at, id)`,
      `index approval_granted on approval_request (grant_id) where grant_id is not null`,
    ]) {
      await runner.query(`create ${index}`);
    }
    await runner.query('alter table approval_note drop constraint approval_note_kind_check');
    await runner.query(
      `alter table approval_note add constraint approval_note_kind_check check (kind in (${listed(noteKinds)}))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table approval_grant');
    await runner.query('alter table approval_request drop column shape, drop column grant_id');
  }
}

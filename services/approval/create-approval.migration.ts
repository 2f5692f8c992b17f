import type { MigrationInterface, QueryRunner } from 'typeorm';
import { noteKinds } from './approval-note.entity.ts';
import { approvalStates } from './deciding/decision/state.ts';

const listed = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/** The approval requests, their versions, votes and history. */
export class CreateApproval1760000000100 implements MigrationInterface {
  readonly name = 'CreateApproval1760000000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table approval_request (
        id text primary key,
        request_id text not null,
        gate text not null check (gate in ('prompt', 'response', 'change')),
        state text not null check (state in (${listed(approvalStates)})),
        version int not null check (version >= 1),
        digest text not null,
        subject_key text not null,
        context jsonb not null,
        body jsonb not null,
        connection text not null,
        upstream_model text,
        model text,
        stream boolean not null,
        obligations jsonb not null,
        requirement jsonb not null,
        groups text[] not null,
        matches jsonb not null,
        rules text[] not null,
        revision text not null,
        conversation jsonb not null,
        answer jsonb,
        editor jsonb,
        card text not null,
        card_of text,
        requested_at timestamptz not null,
        expires_at timestamptz not null,
        decided_at timestamptz,
        not_after timestamptz
      )`);
    const open = `where state in ('pending', 'rechecking')`;
    for (const index of [
      `approval_open on approval_request (requested_at, id) ${open}`,
      `approval_expiry on approval_request (expires_at, id) ${open}`,
      `approval_open_groups on approval_request using gin (groups) ${open}`,
      `approval_open_subject on approval_request (subject_key, card) ${open}`,
      `approval_card on approval_request (card_of) ${open} and card_of is not null`,
      `approval_lapse on approval_request (not_after) where state = 'approved'`,
      `approval_all on approval_request (requested_at, id)`,
      `approval_of_request on approval_request (request_id)`,
    ]) {
      await runner.query(`create index ${index}`);
    }
    await this.createParts(runner);
  }

  private async createParts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table approval_version (
        approval_id text not null references approval_request on delete cascade,
        version int not null,
        digest text not null,
        bytes int not null,
        sealed bytea,
        stored text,
        editor jsonb,
        at timestamptz not null,
        primary key (approval_id, version),
        check ((sealed is null) <> (stored is null))
      )`);
    await runner.query(`
      create table approval_vote (
        approval_id text not null references approval_request on delete cascade,
        version int not null,
        issuer text not null,
        subject text not null,
        approver jsonb not null,
        vote text not null check (vote in ('approve', 'reject')),
        at timestamptz not null,
        primary key (approval_id, version, issuer, subject)
      )`);
    await runner.query(`
      create table approval_note (
        id bigint generated always as identity primary key,
        approval_id text not null references approval_request on delete cascade,
        kind text not null check (kind in (${listed(noteKinds)})),
        version int not null,
        actor jsonb,
        what text,
        sealed bytea,
        at timestamptz not null
      )`);
    await runner.query(`
      create table early_end (
        request_id text primary key,
        outcome text,
        at timestamptz not null
      )`);
    await runner.query('create index early_end_at on early_end (at)');
    await runner.query('create index approval_note_of on approval_note (approval_id, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'early_end',
      'approval_note',
      'approval_vote',
      'approval_version',
      'approval_request',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A person as the index of the history has them: identities can be longer than what an index takes. */
export const actorHash = (actor: string): string =>
  `hashtextextended((${actor}->>'issuer') || E'\\n' || (${actor}->>'subject'), 0)`;

/** Who was erased and when, and what finds a person's rows. */
export class CreateErased1760000001100 implements MigrationInterface {
  readonly name = 'CreateErased1760000001100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table erased_person (subject_key text primary key, at timestamptz not null)');
    await runner.query(
      `create index approval_note_actor on approval_note ((${actorHash('actor')}), id) where actor is not null`,
    );
    await runner.query('create index approval_of_subject on approval_request (subject_key, id)');
    await runner.query('create index approval_grant_of_subject on approval_grant (subject_key, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['approval_grant_of_subject', 'approval_of_subject', 'approval_note_actor'])
      await runner.query(`drop index ${index}`);
    await runner.query('drop table erased_person');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const open = `where state in ('pending', 'rechecking')`;

/** What lists are narrowed to and sorted by, and what statistics read without touching the rows themselves. */
const indexes = {
  approval_by_requester: `on approval_request ((context->'principal'->>'subject'), requested_at, id)`,
  approval_by_connection: 'on approval_request (connection, requested_at, id)',
  approval_by_gate: 'on approval_request (gate, requested_at, id)',
  approval_by_state: 'on approval_request (state, requested_at, id)',
  approval_by_expiry: 'on approval_request (expires_at, id)',
  approval_open_rules: `on approval_request using gin (rules) ${open}`,
  approval_waiting: `on approval_request (rules, requested_at) include (groups) ${open}`,
  approval_decided: `on approval_request (decided_at) include (requested_at, state, rules, groups)
    where decided_at is not null`,
  approval_vote_at: 'on approval_vote (at)',
};

/** Indexes that lists and statistics need where very many requests wait. */
export class IndexLists1760000001000 implements MigrationInterface {
  readonly name = 'IndexLists1760000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, index] of Object.entries(indexes)) await runner.query(`create index ${name} ${index}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(indexes)) await runner.query(`drop index ${name}`);
  }
}

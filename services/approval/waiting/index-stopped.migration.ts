import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was stopped and has no ending yet: the clock looks for it. */
export class IndexStopped1760000001010 implements MigrationInterface {
  readonly name = 'IndexStopped1760000001010';

  async up(runner: QueryRunner): Promise<void> {
    // Endings of what was stopped before were published with the stop.
    await runner.query(`update approval_request set not_after = null where state = 'stopped'`);
    await runner.query(
      `create index approval_stopped on approval_request (not_after)
       where state = 'stopped' and not_after is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index approval_stopped');
  }
}

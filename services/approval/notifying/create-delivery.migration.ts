import type { MigrationInterface, QueryRunner } from 'typeorm';
import { deliveryStates, notificationKinds } from '#contracts';

const listed = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/**
 * Deliveries, endpoints that are gone, and on each line of the history whether it was told: the history is what
 * notifications are made from, so a change and what is to be told of it are committed together.
 */
export class CreateDelivery1760000000600 implements MigrationInterface {
  readonly name = 'CreateDelivery1760000000600';

  async up(runner: QueryRunner): Promise<void> {
    // Lines that were there before notifications are told already; new ones are not.
    await runner.query('alter table approval_note add column told boolean not null default true');
    await runner.query('alter table approval_note alter column told set default false');
    await runner.query('create index approval_note_untold on approval_note (id) where not told');
    await runner.query(`
      create table delivery (
        id text primary key,
        approval_id text not null,
        kind text not null check (kind in (${listed(notificationKinds)})),
        version int not null,
        what text,
        channel text not null,
        audience text not null,
        recipient text,
        state text not null check (state in (${listed(deliveryStates)})),
        attempts int not null,
        at timestamptz not null,
        next_at timestamptz not null,
        ended_at timestamptz,
        last_error text
      )`);
    for (const index of [
      `delivery_due on delivery (channel, next_at) where state = 'waiting'`,
      'delivery_of on delivery (approval_id, id)',
      'delivery_ended on delivery (ended_at) where ended_at is not null',
      `delivery_failed on delivery (channel, id) where state = 'failed'`,
    ]) {
      await runner.query(`create index ${index}`);
    }
    await runner.query(`
      create table gone_endpoint (
        channel text primary key,
        url_digest text not null,
        at timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gone_endpoint');
    await runner.query('drop table delivery');
    await runner.query('alter table approval_note drop column told');
  }
}

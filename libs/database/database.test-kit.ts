import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource, EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import {
  ensureDatabase,
  type NatsServer,
  type PostgresServer,
  roleUrl,
  startNats,
  startPostgres,
} from '#embedded';
import { applyTopology, Bus } from '#messaging';
import { type DatabaseOptions, openDataSource } from './data-source.ts';
import { OutboxRelay } from './outbox/relay.ts';
import { UnitOfWork } from './unit-of-work.ts';

class CreateNote1760000000001 implements MigrationInterface {
  readonly name = 'CreateNote1760000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table note (id int primary key, text text not null)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table note');
  }
}

export const Note = new EntitySchema<{ id: string; text: string }>({
  name: 'note',
  columns: { id: { type: 'int', primary: true }, text: { type: 'text' } },
});

/** A database schema of one test's own, with a table of notes. */
export interface Notes {
  options: DatabaseOptions;
  source: DataSource;
  unit: UnitOfWork;
}

/** Postgres and a broker; what a test opens in them is closed after it. */
export class Servers {
  readonly password = randomBytes(9).toString('base64url');
  private readonly opened: { close: () => Promise<unknown> }[] = [];
  private schemas = 0;

  private constructor(
    private readonly dir: string,
    private readonly postgres: PostgresServer,
    private readonly nats: NatsServer,
    readonly bus: Bus,
  ) {}

  static async start(): Promise<Servers> {
    const dir = await mkdtemp(join(tmpdir(), 'sallyport-database-'));
    const [postgres, nats] = await Promise.all([
      startPostgres({ dir: join(dir, 'pg'), port: 0, durable: false }),
      startNats({ dir: join(dir, 'nats'), port: 0 }),
    ]);
    await applyTopology({ url: nats.url, user: 'topology', password: '' });
    const bus = await Bus.connect({ url: nats.url, user: 'approval', password: '' });
    return new Servers(dir, postgres, nats, bus);
  }

  get superuserUrl(): string {
    return this.postgres.superuserUrl;
  }

  /** Closes something after the test. */
  closeLater(close: () => Promise<unknown>): void {
    this.opened.push({ close });
  }

  async closeOpened(): Promise<void> {
    for (const { close } of this.opened.splice(0).reverse()) await close();
  }

  /** For a test that closed everything itself. */
  forgetOpened(): void {
    this.opened.length = 0;
  }

  async stop(): Promise<void> {
    await this.bus.close();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    await rm(this.dir, { recursive: true, force: true });
  }

  async notes(): Promise<Notes> {
    const schema = `note_${++this.schemas}`;
    const role = { name: schema, password: this.password };
    await ensureDatabase(this.superuserUrl, 'sallyport', [role]);
    const url = roleUrl(this.superuserUrl, role, 'sallyport');
    const options = { url, schema, entities: [Note], migrations: [CreateNote1760000000001] };
    const source = await openDataSource(options);
    const unit = new UnitOfWork(source, schema);
    this.closeLater(() => Promise.all([unit.close(), source.destroy()]));
    return { options, source, unit };
  }

  relayOf({ url, schema }: DatabaseOptions, unit?: UnitOfWork): OutboxRelay {
    const relay = new OutboxRelay({ url, schema, bus: this.bus });
    if (unit) relay.follow(unit);
    relay.start();
    this.closeLater(() => relay.stop());
    return relay;
  }

  /** What the broker holds of a schema's events, in order. */
  async published(schema: string): Promise<string[]> {
    const texts: string[] = [];
    for (let sequence = 1; ; ) {
      const message = await this.bus.readMessage({ sequence, subject: `evt.${schema}.v1` });
      if (!message) return texts;
      texts.push(Buffer.from(message.payload).toString());
      sequence = message.sequence + 1;
    }
  }
}

/** An event of a schema's own subject. */
export const eventOf = (schema: string, key: string, number: number) => ({
  kind: 'event' as const,
  orderingKey: key,
  subject: `evt.${schema}.v1`,
  messageId: `${schema}:${key}:${number}`,
  payload: Buffer.from(`${key}:${number}`),
});

/** How many messages of a schema's outbox wait. */
export const unsent = async (source: DataSource): Promise<number> =>
  (await source.query('select count(*)::int as n from outbox where sent_at is null'))[0].n;

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition never became true');
    await new Promise(setImmediate);
  }
}

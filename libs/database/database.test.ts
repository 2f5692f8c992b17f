import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type DataSource, EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import {
  ensureDatabase,
  type NatsServer,
  type PostgresServer,
  roleUrl,
  startNats,
  startPostgres,
} from '#embedded';
import { applyTopology, Bus, MissingDependencyError } from '#messaging';
import { type DatabaseOptions, openDataSource } from './data-source.ts';
import { listenTo } from './listen.ts';
import { OutboxRelay } from './relay.ts';
import { stagesOf } from './saying.ts';
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

const Note = new EntitySchema<{ id: string; text: string }>({
  name: 'note',
  columns: { id: { type: 'int', primary: true }, text: { type: 'text' } },
});

let dir: string;
let postgres: PostgresServer;
let nats: NatsServer;
let bus: Bus;
const open: { close: () => Promise<unknown> }[] = [];
const password = randomBytes(9).toString('base64url');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-database-'));
  [postgres, nats] = await Promise.all([
    startPostgres({ dir: join(dir, 'pg'), port: 0, durable: false }),
    startNats({ dir: join(dir, 'nats'), port: 0 }),
  ]);
  await applyTopology({ url: nats.url, user: 'topology', password });
  bus = await Bus.connect({ url: nats.url, user: 'approval', password });
});

afterEach(async () => {
  for (const { close } of open.splice(0).reverse()) await close();
});

afterAll(async () => {
  await bus.close();
  await Promise.all([postgres.stop(), nats.stop()]);
  await rm(dir, { recursive: true, force: true });
});

let worlds = 0;
async function world(): Promise<{ options: DatabaseOptions; source: DataSource; unit: UnitOfWork }> {
  const schema = `note_${++worlds}`;
  const role = { name: schema, password };
  await ensureDatabase(postgres.superuserUrl, 'sallyport', [role]);
  const url = roleUrl(postgres.superuserUrl, role, 'sallyport');
  const options = { url, schema, entities: [Note], migrations: [CreateNote1760000000001] };
  const source = await openDataSource(options);
  const unit = new UnitOfWork(source, schema);
  open.push({ close: () => Promise.all([unit.close(), source.destroy()]) });
  return { options, source, unit };
}

function relayOf(options: DatabaseOptions, unit?: UnitOfWork): OutboxRelay {
  const relay = new OutboxRelay({ url: options.url, schema: options.schema, bus });
  if (unit) relay.follow(unit);
  relay.start();
  open.push({ close: () => relay.stop() });
  return relay;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition never became true');
    await new Promise(setImmediate);
  }
}

const event = (schema: string, key: string, number: number) => ({
  kind: 'event' as const,
  orderingKey: key,
  subject: `evt.${schema}.v1`,
  messageId: `${schema}:${key}:${number}`,
  payload: Buffer.from(`${key}:${number}`),
});

async function published(schema: string): Promise<string[]> {
  const texts: string[] = [];
  for (let sequence = 1; ; ) {
    const message = await bus.readMessage({ sequence, subject: `evt.${schema}.v1` });
    if (!message) return texts;
    texts.push(Buffer.from(message.payload).toString());
    sequence = message.sequence + 1;
  }
}

const unsent = async (source: DataSource): Promise<number> =>
  (await source.query('select count(*)::int as n from outbox where sent_at is null'))[0].n;

describe('migrations', () => {
  test('run once however many processes start together', async () => {
    const { options, source } = await world();
    const others = await Promise.all([openDataSource(options), openDataSource(options)]);
    for (const other of others) open.push({ close: () => other.destroy() });
    const rows = await source.query('select name from migration order by id');
    expect(rows).toEqual([
      { name: 'CreateOutbox1760000000000' },
      { name: 'CreateNote1760000000001' },
      { name: 'IndexOutbox1760000000700' },
      { name: 'OutboxAlongside1760000002000' },
    ]);
  });

  test('an owner login keeps the service login from changing the schema', async () => {
    const { options } = await world();
    const reader = { name: `${options.schema}_rows`, password };
    const admin = new pg.Client(
      roleUrl(postgres.superuserUrl, { name: 'x', password }, 'sallyport').replace(
        /\/\/.*@/,
        `//postgres:${new URL(postgres.superuserUrl).password}@`,
      ),
    );
    await admin.connect();
    await admin.query(`create role ${reader.name} login password '${password}'`);
    await admin.query(`grant connect on database sallyport to ${reader.name}`);
    await admin.end();
    const url = roleUrl(postgres.superuserUrl, reader, 'sallyport');
    const limited = await openDataSource({ ...options, url, ownerUrl: options.url });
    open.push({ close: () => limited.destroy() });
    await limited.query(`insert into note values (1, 'written')`);
    expect(await limited.query('select text from note')).toEqual([{ text: 'written' }]);
    await expect(limited.query('drop table note')).rejects.toThrow(/must be owner/);
    await expect(limited.query('create table extra (id int)')).rejects.toThrow(/permission denied/);
  });
});

describe('the unit of work', () => {
  test('publishes nothing of a transaction that failed', async () => {
    const { source, unit, options } = await world();
    const failing = unit.inTransaction(async (transaction) => {
      transaction.publish(event(options.schema, 'a', 1));
      await transaction.manager.query(`insert into note values (1, 'x'), (1, 'y')`);
    });
    await expect(failing).rejects.toThrow(/duplicate key/);
    expect(await unsent(source)).toBe(0);
  });

  test('a deadlock is resolved by running the work again', async () => {
    const { source, unit } = await world();
    await source.query(`insert into note values (1, ''), (2, '')`);
    const runs = [0, 0];
    let both = (): void => undefined;
    const locked = new Promise<void>((resolve) => (both = resolve));
    const lockIn = (order: number[], who: number) =>
      unit.inTransaction(async ({ manager }) => {
        runs[who]!++;
        await manager.query('update note set text = $1 where id = $2', [`by ${who}`, order[0]]);
        if (runs[0]! > 0 && runs[1]! > 0) both();
        await locked;
        await manager.query('update note set text = $1 where id = $2', [`by ${who}`, order[1]]);
      });
    await Promise.all([lockIn([1, 2], 0), lockIn([2, 1], 1)]);
    expect(runs[0]! + runs[1]!).toBeGreaterThan(2);
    const [first, second] = await source.query('select text from note order by id');
    expect(first.text).toBe(second.text);
  });

  test('a server that went away is a missing dependency, and work goes on when it is back', async () => {
    const { source, unit } = await world();
    const killed = unit.inTransaction(async ({ manager }) => {
      const [{ pid }] = await manager.query('select pg_backend_pid() as pid');
      await source.query('select pg_terminate_backend($1)', [pid]);
      await manager.query('select 1');
    });
    await expect(killed).rejects.toBeInstanceOf(MissingDependencyError);
    expect(await unit.read((manager) => manager.query('select 1 as one'))).toEqual([{ one: 1 }]);
    const closed = new UnitOfWork(source, 'x');
    await source.destroy();
    open.length = 0;
    await expect(closed.read((manager) => manager.query('select 1'))).rejects.toBeInstanceOf(
      MissingDependencyError,
    );
  });
});

describe('what is written last', () => {
  test('is there with the commit, rows of one table in the order added, and not at all without one', async () => {
    const { source, unit, options } = await world();
    const heard: string[] = [];
    const { url, schema } = options;
    const stop = listenTo({ url, schema, channel: 'told', onMessage: (payload) => heard.push(payload) });
    open.push({ close: stop });
    const writing = (ids: number[], text: string) =>
      unit.inTransaction(async (transaction) => {
        for (const id of ids) transaction.insert('note', { id, text });
        transaction.notify('told', text);
        if (text === 'failed') throw new Error(text);
      });
    await expect(writing([9], 'failed')).rejects.toThrow('failed');
    await writing([3, 1, 2], 'written');
    const stored = await source.query('select id from note order by ctid');
    expect(stored).toEqual([{ id: 3 }, { id: 1 }, { id: 2 }]);
    await unit.inTransaction(async (transaction) => {
      transaction.write('update note set text = $2 where id = $1', [1, 'before']);
      await transaction.flush();
      transaction.write('update note set text = $2 where id = $1 and text = $3', [1, 'after', 'before']);
      transaction.write('update note set text = $2 where id = $1', [2, 'too']);
    });
    const texts = await source.query('select text from note order by id');
    expect(texts).toEqual([{ text: 'after' }, { text: 'too' }, { text: 'written' }]);
    await until(async () => {
      if (heard.length === 0) await source.query(`select pg_notify('told', 'again')`);
      return heard.length > 0;
    });
    expect(heard).not.toContain('failed');
  });
});

describe('what is written at once', () => {
  /** Changes note 1 as it was seen, adds note 2, and publishes: one statement. */
  const change = (unit: UnitOfWork, schema: string, seen: string, text: string): Promise<boolean> =>
    unit.atOnce(async (transaction) => {
      transaction.insert('note', { id: 2, text });
      transaction.update(Note, '1', { text }, seen);
      transaction.publish(event(schema, 'a', 1));
    });
  const look = async (unit: UnitOfWork): Promise<string> => {
    const [row] = await unit.look('select xmin::text as seen from note where id = $1', [1]);
    return String(row?.seen);
  };

  test('is there, published and seen by nobody half', async () => {
    const { source, unit, options } = await world();
    relayOf(options, unit);
    await source.query(`insert into note values (1, 'first')`);
    expect(await change(unit, options.schema, await look(unit), 'second')).toBe(true);
    expect(await source.query('select text from note order by id')).toEqual([
      { text: 'second' },
      { text: 'second' },
    ]);
    await until(async () => (await published(options.schema)).length === 1);
  });

  test('is not there at all where the row was changed since, or is being changed and then is', async () => {
    const { source, unit, options } = await world();
    await source.query(`insert into note values (1, 'first')`);
    const seen = await look(unit);
    // As it was, and yet another row.
    await source.query('update note set text = text where id = 1');
    expect(await change(unit, options.schema, seen, 'late')).toBe(false);
    const again = await look(unit);
    const other = source.createQueryRunner();
    await other.startTransaction();
    await other.query(`update note set text = 'other' where id = 1`);
    const waiting = change(unit, options.schema, again, 'late');
    await until(async () => {
      const [{ waits }] = await source.query(
        `select count(*)::int as waits from pg_locks where not granted and locktype = 'transactionid'`,
      );
      return waits === 1;
    });
    await other.commitTransaction();
    await other.release();
    expect(await waiting).toBe(false);
    expect(await source.query('select text from note')).toEqual([{ text: 'other' }]);
    expect(await unsent(source)).toBe(0);
  });

  test('of many who saw the same is written once', async () => {
    const { source, unit, options } = await world();
    await source.query(`insert into note values (1, 'first')`);
    const seen = await look(unit);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, who) => change(unit, options.schema, seen, `by ${who}`)),
    );
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await unsent(source)).toBe(1);
  });

  test('and what is looked at is planned once, on connections that stay and know it', async () => {
    const { unit, source } = await world();
    await source.query(`insert into note values (1, 'first')`);
    for (let k = 0; k < 3; k++) await look(unit);
    const plans = await unit.look(
      `select generic_plans::int as generic, custom_plans::int as custom from pg_prepared_statements
       where statement = 'select xmin::text as seen from note where id = $1'`,
      [],
    );
    expect(plans).toEqual([{ generic: 3, custom: 0 }]);
    await unit.close();
    await until(async () => {
      const [{ left }] = await source.query(
        `select count(*)::int as left from pg_stat_activity where query like '%pg_prepared_statements%'
         and pid <> pg_backend_pid()`,
      );
      return left === 0;
    });
  });

  test('has nothing to read in', async () => {
    const { unit } = await world();
    const reading = unit.atOnce(async ({ manager }) => void (await manager.query('select 1')));
    await expect(reading).rejects.toThrow('nothing to read in');
  });
});

describe('the outbox relay', () => {
  test('sends entries along with what is before them, and an event only after everything before it', () => {
    const row = (kind: 'event' | 'put_entry' | 'create_entry', message_id: string, alongside = false) => {
      return { kind, target: kind, message_id, alongside };
    };
    const [vote, signed, outcome] = [
      row('event', 'vote'),
      row('event', 'signed'),
      row('event', 'outcome', true),
    ];
    const [prefix, run, release] = [
      ...[row('put_entry', 'prefix'), row('create_entry', 'run'), row('event', 'release')],
    ];
    expect(stagesOf([vote, outcome, prefix!, run!, release!])).toEqual([
      [vote, outcome, prefix, run],
      [release],
    ]);
    expect(stagesOf([vote, signed])).toEqual([[vote], [signed]]);
    expect(stagesOf([prefix!, prefix!, run!])).toEqual([[prefix], [prefix, run]]);
    expect(stagesOf([])).toEqual([]);
  });

  test('never lets what its own process commits overtake what others committed before', async () => {
    const { options, source, unit } = await world();
    const relay = relayOf(options, unit);
    await until(() => relay.leading);
    const other = new UnitOfWork(source, options.schema);
    for (let number = 1; number <= 30; number++) {
      await (number % 3 === 0 ? other : unit).inTransaction(async (transaction) => {
        transaction.publish(event(options.schema, 'a', number));
      });
    }
    await until(async () => (await unsent(source)) === 0);
    expect(await published(options.schema)).toEqual(
      Array.from({ length: 30 }, (_, index) => `a:${index + 1}`),
    );
  });

  test('publishes what its own process commits, and another what was committed while none ran', async () => {
    const { options, source, unit } = await world();
    const relay = relayOf(options, unit);
    await until(() => relay.leading);
    await unit.inTransaction(async (transaction) => transaction.publish(event(options.schema, 'a', 1)));
    await until(async () => (await published(options.schema)).length === 1);
    await until(async () => (await unsent(source)) === 0);
    await relay.stop();
    await unit.inTransaction(async (transaction) => transaction.publish(event(options.schema, 'a', 2)));
    relayOf(options);
    await until(async () => (await unsent(source)) === 0);
    expect(await published(options.schema)).toEqual(['a:1', 'a:2']);
  });

  test('keeps the order within a key', async () => {
    const { options, source, unit } = await world();
    relayOf(options, unit);
    for (let number = 1; number <= 20; number++) {
      await unit.inTransaction(async (transaction) => {
        transaction.publish(event(options.schema, 'a', number), event(options.schema, 'b', number));
      });
    }
    await until(async () => (await unsent(source)) === 0);
    const all = await published(options.schema);
    for (const key of ['a', 'b']) {
      const expected = Array.from({ length: 20 }, (_, index) => `${key}:${index + 1}`);
      expect(all.filter((text) => text.startsWith(key))).toEqual(expected);
    }
  });

  test('one relay leads, another takes over when it ends, and nothing is published twice', async () => {
    const { options, source, unit } = await world();
    const first = relayOf(options);
    await until(() => first.leading);
    const second = relayOf(options);
    const write = (number: number) =>
      unit.inTransaction(async (transaction) => transaction.publish(event(options.schema, 'a', number)));
    await write(1);
    await until(async () => (await unsent(source)) === 0);
    expect(second.leading).toBe(false);
    await source
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = $1 and query not like '%terminate%'`,
        [`sallyport-${options.schema}`],
      )
      .catch(() => undefined);
    await first.stop();
    // As after a crash between publishing and marking: the row is unsent again.
    await unit.inTransaction(async ({ manager }) => manager.query('update outbox set sent_at = null'));
    await write(2);
    await until(async () => (await unsent(source)) === 0);
    expect(await published(options.schema)).toEqual(['a:1', 'a:2']);
  });

  test('a message that is refused holds back its own key only', async () => {
    const { options, source, unit } = await world();
    const refused: unknown[] = [];
    const relay = new OutboxRelay({ ...options, bus, onError: (error) => refused.push(error) });
    relay.start();
    open.push({ close: () => relay.stop() });
    await unit.inTransaction(async (transaction) =>
      transaction.publish(
        { ...event(options.schema, 'a', 1), subject: 'nobody.listens' },
        event(options.schema, 'a', 2),
        event(options.schema, 'b', 1),
      ),
    );
    await until(async () => (await unsent(source)) === 2 && refused.length > 0);
    expect(await published(options.schema)).toEqual(['b:1']);
  });

  test('an entry that exists is left as it is', async () => {
    const { options, source, unit } = await world();
    relayOf(options, unit);
    const entry = { orderingKey: 'a', bucket: 'runs' as const, key: 'req-1.prompt.1' };
    await (await bus.bucket('runs')).create(entry.key, 'revoked');
    await unit.inTransaction(async (transaction) =>
      transaction.publish(
        { ...entry, kind: 'create_entry', payload: Buffer.from('open') },
        { ...entry, kind: 'put_entry', bucket: 'approved', key: 'prefix', payload: Buffer.from('until') },
      ),
    );
    await until(async () => (await unsent(source)) === 0);
    expect((await (await bus.bucket('runs')).get(entry.key))?.string()).toBe('revoked');
    expect((await (await bus.bucket('approved')).get('prefix'))?.string()).toBe('until');
  });
});

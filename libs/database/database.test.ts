import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { roleUrl } from '#embedded';
import { MissingDependencyError } from '#messaging';
import { openDataSource } from './data-source.ts';
import { eventOf, Note, Servers, unsent, until } from './database.test-kit.ts';
import { listenTo } from './listen.ts';
import { UnitOfWork } from './unit-of-work.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterEach(() => servers.closeOpened());
afterAll(() => servers.stop());

describe('migrations', () => {
  test('run once however many processes start together', async () => {
    const { options, source } = await servers.notes();
    const others = await Promise.all([openDataSource(options), openDataSource(options)]);
    for (const other of others) servers.closeLater(() => other.destroy());
    const rows = await source.query('select name from migration order by id');
    expect(rows).toEqual([
      { name: 'CreateOutbox1760000000000' },
      { name: 'CreateNote1760000000001' },
      { name: 'IndexOutbox1760000000700' },
      { name: 'OutboxAlongside1760000002000' },
    ]);
  });

  test('an owner login keeps the service login from changing the schema', async () => {
    const { options } = await servers.notes();
    const { password } = servers;
    const reader = { name: `${options.schema}_rows`, password };
    const admin = new pg.Client(
      roleUrl(servers.superuserUrl, { name: 'x', password }, 'sallyport').replace(
        /\/\/.*@/,
        `//postgres:${new URL(servers.superuserUrl).password}@`,
      ),
    );
    await admin.connect();
    await admin.query(`create role ${reader.name} login password '${password}'`);
    await admin.query(`grant connect on database sallyport to ${reader.name}`);
    await admin.end();
    const url = roleUrl(servers.superuserUrl, reader, 'sallyport');
    const limited = await openDataSource({ ...options, url, ownerUrl: options.url });
    servers.closeLater(() => limited.destroy());
    await limited.query(`insert into note values (1, 'written')`);
    expect(await limited.query('select text from note')).toEqual([{ text: 'written' }]);
    await expect(limited.query('drop table note')).rejects.toThrow(/must be owner/);
    await expect(limited.query('create table extra (id int)')).rejects.toThrow(/permission denied/);
  });
});

describe('the unit of work', () => {
  test('publishes nothing of a transaction that failed', async () => {
    const { source, unit, options } = await servers.notes();
    const failing = unit.inTransaction(async (transaction) => {
      transaction.publish(eventOf(options.schema, 'a', 1));
      await transaction.manager.query(`insert into note values (1, 'x'), (1, 'y')`);
    });
    await expect(failing).rejects.toThrow(/duplicate key/);
    expect(await unsent(source)).toBe(0);
  });

  test('a deadlock is resolved by running the work again', async () => {
    const { source, unit } = await servers.notes();
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
    const { source, unit } = await servers.notes();
    const killed = unit.inTransaction(async ({ manager }) => {
      const [{ pid }] = await manager.query('select pg_backend_pid() as pid');
      await source.query('select pg_terminate_backend($1)', [pid]);
      await manager.query('select 1');
    });
    await expect(killed).rejects.toBeInstanceOf(MissingDependencyError);
    expect(await unit.read((manager) => manager.query('select 1 as one'))).toEqual([{ one: 1 }]);
    const closed = new UnitOfWork(source, 'x');
    await source.destroy();
    servers.forgetOpened();
    await expect(closed.read((manager) => manager.query('select 1'))).rejects.toBeInstanceOf(
      MissingDependencyError,
    );
  });
});

describe('what is written last', () => {
  test('is there with the commit, rows of one table in the order added, and not at all without one', async () => {
    const { source, unit, options } = await servers.notes();
    const heard: string[] = [];
    const { url, schema } = options;
    const stop = listenTo({ url, schema, channel: 'told', onMessage: (payload) => heard.push(payload) });
    servers.closeLater(stop);
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
      transaction.publish(eventOf(schema, 'a', 1));
    });
  const look = async (unit: UnitOfWork): Promise<string> => {
    const [row] = await unit.look('select xmin::text as seen from note where id = $1', [1]);
    return String(row?.seen);
  };

  test('is there, published and seen by nobody half', async () => {
    const { source, unit, options } = await servers.notes();
    servers.relayOf(options, unit);
    await source.query(`insert into note values (1, 'first')`);
    expect(await change(unit, options.schema, await look(unit), 'second')).toBe(true);
    expect(await source.query('select text from note order by id')).toEqual([
      { text: 'second' },
      { text: 'second' },
    ]);
    await until(async () => (await servers.published(options.schema)).length === 1);
  });

  test('is not there at all where the row was changed since, or is being changed and then is', async () => {
    const { source, unit, options } = await servers.notes();
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
    const { source, unit, options } = await servers.notes();
    await source.query(`insert into note values (1, 'first')`);
    const seen = await look(unit);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, who) => change(unit, options.schema, seen, `by ${who}`)),
    );
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await unsent(source)).toBe(1);
  });

  test('and what is looked at is planned once, on connections that stay and know it', async () => {
    const { unit, source } = await servers.notes();
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
    const { unit } = await servers.notes();
    const reading = unit.atOnce(async ({ manager }) => void (await manager.query('select 1')));
    await expect(reading).rejects.toThrow('nothing to read in');
  });
});

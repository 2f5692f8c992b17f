import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventOf, Servers, unsent, until } from '../database.test-kit.ts';
import { UnitOfWork } from '../unit-of-work.ts';
import { OutboxRelay } from './relay.ts';
import { stagesOf } from './saying.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterEach(() => servers.closeOpened());
afterAll(() => servers.stop());

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
    const { options, source, unit } = await servers.notes();
    const relay = servers.relayOf(options, unit);
    await until(() => relay.leading);
    const other = new UnitOfWork(source, options.schema);
    for (let number = 1; number <= 30; number++) {
      await (number % 3 === 0 ? other : unit).inTransaction(async (transaction) => {
        transaction.publish(eventOf(options.schema, 'a', number));
      });
    }
    await until(async () => (await unsent(source)) === 0);
    expect(await servers.published(options.schema)).toEqual(
      Array.from({ length: 30 }, (_, index) => `a:${index + 1}`),
    );
  });

  test('publishes what its own process commits, and another what was committed while none ran', async () => {
    const { options, source, unit } = await servers.notes();
    const relay = servers.relayOf(options, unit);
    await until(() => relay.leading);
    await unit.inTransaction(async (transaction) => transaction.publish(eventOf(options.schema, 'a', 1)));
    await until(async () => (await servers.published(options.schema)).length === 1);
    await until(async () => (await unsent(source)) === 0);
    await relay.stop();
    await unit.inTransaction(async (transaction) => transaction.publish(eventOf(options.schema, 'a', 2)));
    servers.relayOf(options);
    await until(async () => (await unsent(source)) === 0);
    expect(await servers.published(options.schema)).toEqual(['a:1', 'a:2']);
  });

  test('keeps the order within a key', async () => {
    const { options, source, unit } = await servers.notes();
    servers.relayOf(options, unit);
    for (let number = 1; number <= 20; number++) {
      await unit.inTransaction(async (transaction) => {
        transaction.publish(eventOf(options.schema, 'a', number), eventOf(options.schema, 'b', number));
      });
    }
    await until(async () => (await unsent(source)) === 0);
    const all = await servers.published(options.schema);
    for (const key of ['a', 'b']) {
      const expected = Array.from({ length: 20 }, (_, index) => `${key}:${index + 1}`);
      expect(all.filter((text) => text.startsWith(key))).toEqual(expected);
    }
  });

  test('one relay leads, another takes over when it ends, and nothing is published twice', async () => {
    const { options, source, unit } = await servers.notes();
    const first = servers.relayOf(options);
    await until(() => first.leading);
    const second = servers.relayOf(options);
    const write = (number: number) =>
      unit.inTransaction(async (transaction) => transaction.publish(eventOf(options.schema, 'a', number)));
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
    expect(await servers.published(options.schema)).toEqual(['a:1', 'a:2']);
  });

  test('a message that is refused holds back its own key only', async () => {
    const { options, source, unit } = await servers.notes();
    const refused: unknown[] = [];
    const relay = new OutboxRelay({ ...options, bus: servers.bus, onError: (error) => refused.push(error) });
    relay.start();
    servers.closeLater(() => relay.stop());
    await unit.inTransaction(async (transaction) =>
      transaction.publish(
        { ...eventOf(options.schema, 'a', 1), subject: 'nobody.listens' },
        eventOf(options.schema, 'a', 2),
        eventOf(options.schema, 'b', 1),
      ),
    );
    await until(async () => (await unsent(source)) === 2 && refused.length > 0);
    expect(await servers.published(options.schema)).toEqual(['b:1']);
  });

  test('an entry that exists is left as it is', async () => {
    const { options, source, unit } = await servers.notes();
    servers.relayOf(options, unit);
    const entry = { orderingKey: 'a', bucket: 'runs' as const, key: 'req-1.prompt.1' };
    await (await servers.bus.bucket('runs')).create(entry.key, 'revoked');
    await unit.inTransaction(async (transaction) =>
      transaction.publish(
        { ...entry, kind: 'create_entry', payload: Buffer.from('open') },
        { ...entry, kind: 'put_entry', bucket: 'approved', key: 'prefix', payload: Buffer.from('until') },
      ),
    );
    await until(async () => (await unsent(source)) === 0);
    expect((await (await servers.bus.bucket('runs')).get(entry.key))?.string()).toBe('revoked');
    expect((await (await servers.bus.bucket('approved')).get('prefix'))?.string()).toBe('until');
  });
});

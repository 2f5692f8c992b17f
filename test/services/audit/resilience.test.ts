import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { requestReceived } from '#contracts';
import { seededNumbers } from '#ledger';
import { applyTopology, Bus } from '#messaging';
import { eventually } from '#testing';
import {
  checkpointSize,
  expectWhole,
  lastSequence,
  openDatabase,
  readLedger,
  traffic,
  verifyWhole,
} from './audit-ledger.ts';
import { type AuditWorld, Play, startAuditWorld } from './audit-world.ts';

const kills = process.env.LONG === '1' ? 100 : 10;
const seed = Number(process.env.SEED ?? 1);
const fast = { AUDIT_CHECKPOINT_SECONDS: '0.5' };

let audit: AuditWorld;
let database: pg.Client;
beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startService('audit', fast);
  database = await openDatabase(audit);
});
afterAll(async () => {
  await database.end().catch(() => undefined);
  await audit.stop();
});

const topologyLogin = () => ({
  url: audit.world.natsUrl,
  user: 'topology',
  password: audit.world.secrets.natsPasswords.topology as string,
});
const topologyBus = () => Bus.connect(topologyLogin());

/** The ledger reaches to the end of the log. */
async function recorded(): Promise<void> {
  const last = await lastSequence(audit);
  await eventually(async () => expect((await readLedger(database)).entries.at(-1)?.sequence).toBe(last));
}

/** The broker runs again, and everybody is back. */
async function reconnected(): Promise<void> {
  await audit.world.startNatsAgain();
  const { ingress, policy, approval, masking } = audit;
  await eventually(async () => {
    expect([ingress, policy, approval, masking].every((bus) => bus.connected)).toBe(true);
  });
}

const expectComplete = (timeoutMs?: number) => expectWhole(audit, database, timeoutMs);

test(
  `a writer killed ${kills} times at random points loses nothing, repeats nothing and leaves the tree intact`,
  async () => {
    const random = seededNumbers(seed);
    const load = traffic(audit, 2);
    for (let kill = 0; kill < kills; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await audit.world.service('audit').kill();
      await audit.world.startService('audit', fast);
    }
    const ids = await load.stop();
    await expectComplete(kills * 6000);
    const answered = async () =>
      Number((await database.query(`select count(*) from session where outcome = 'answered'`)).rows[0].count);
    await eventually(async () => expect(await answered()).toBe(ids.length), { timeoutMs: 60_000 });
    const { rows: sessions } = await database.query('select indexes from session');
    expect(sessions.every(({ indexes }) => indexes.length === 3)).toBe(true);
    const { size } = await readLedger(database);
    await eventually(async () => expect(await checkpointSize(audit)).toBe(size), { timeoutMs: 60_000 });
    const { report } = await verifyWhole(audit);
    expect(report.entries).toBe(size);
    expect(report.problems).toEqual([]);
  },
  kills * 60_000,
);

describe('what does not fit', () => {
  test('is recorded and flagged: poison, an unknown subject, a head without its request', async () => {
    const publish = (subject: string, payload: Uint8Array) => audit.ingress.publish(subject, payload);
    const nonsense = await publish(requestReceived.subject(), Buffer.from('not an envelope'));
    const json = Buffer.from('{"surprise":true}');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    await publish(requestReceived.subject(), Buffer.concat([length, json]));
    await expectComplete();
    const { rows } = await database.query(
      `select i.code, i.from_sequence from incident i where kind = 'flaw' order by from_sequence`,
    );
    expect(rows.map(({ code }) => code)).toEqual(['event.unreadable', 'event.without_request']);
    expect(Number(rows[0].from_sequence)).toBe(nonsense.sequence);
    const { rows: stored } = await database.query(
      'select c.sealed from entry e join content c on c.index = e.content_index where e.sequence = $1',
      [nonsense.sequence],
    );
    expect(stored[0].sealed.toString()).toBe('not an envelope');
  });

  test('is listed with what can be kept of it: NUL, half a letter, a number no column holds', async () => {
    const odd = new Play(audit, 'dave', '{}');
    const plain = new Play(audit, 'dave', '{}');
    await odd.allowed();
    const usage = { promptTokens: 2 ** 40, completionTokens: 9 };
    const late = new Play(audit, 'dave', '{}');
    for (const play of [odd, late]) await play.completed('{}', { model: 'de\0mo\ud800', usage });
    await plain.allowed();
    await expectComplete();
    const outcome = async (id: string) => (await audit.call('alice', `/v1/sessions/${id}`)).body.outcome;
    await eventually(async () => {
      expect(await Promise.all([odd, late, plain].map(({ id }) => outcome(id)))).toEqual(
        Array(3).fill('answered'),
      );
    });
    const { rows } = await database.query('select model from session where id = $1', [late.id.slice(4)]);
    expect(rows).toEqual([{ model: 'de\uFFFDmo\uFFFD' }]);
  });

  test('a request that was received a second time stays one session, with both events', async () => {
    const play = new Play(audit, 'dave', '{}');
    const sequence = await play.received();
    const indexes = async () => {
      const { rows } = await database.query('select indexes, outcome from session where id = $1', [
        play.id.slice(4),
      ]);
      return { count: rows[0]?.indexes.length, outcome: rows[0]?.outcome };
    };
    await eventually(async () => expect(await indexes()).toEqual({ count: 1, outcome: null }));
    const reader = await audit.world.bus('audit');
    const stored = await reader.readMessage({ sequence });
    await audit.ingress.publish(requestReceived.subject(), stored?.payload ?? Buffer.alloc(0), {
      messageId: `${play.id}:received again`,
    });
    const other = new Play(audit, 'dave', '{}');
    await other.allowed();
    await play.released();
    await play.completed('{}');
    await expectComplete();
    await eventually(async () => expect(await indexes()).toEqual({ count: 4, outcome: 'answered' }));
    expect((await audit.show('alice', other.id)).outcome).toBe('answered');
  });

  test('a model call without a release, and an answer nobody asked for, are found', async () => {
    const play = new Play(audit, 'dave', '{}');
    await play.received();
    await play.completed('{}');
    const stray = new Play(audit, 'dave', '{}');
    await stray.completed('{}');
    await eventually(async () => {
      const { body } = await audit.call('alice', '/v1/gaps');
      const found = body.items.filter((one: { kind: string }) => one.kind === 'finding');
      const codes = found.map((one: { requestId: string; code: string }) => `${one.requestId} ${one.code}`);
      expect(codes).toContain(`${play.id} call.without_release`);
      expect(codes).toContain(`${stray.id} completed.without_received`);
    });
  });

  test('sequences that the stream lost are recorded as a gap and reported', async () => {
    const before = (await readLedger(database)).size;
    await audit.world.service('audit').stop();
    const lost: number[] = [];
    for (let i = 0; i < 3; i += 1) lost.push(await new Play(audit, 'dave', '{}').received());
    const topology = await topologyBus();
    for (const sequence of lost) {
      await topology.nc.request('$JS.API.STREAM.MSG.DELETE.EVENTS', JSON.stringify({ seq: sequence }));
    }
    await topology.close();
    await new Play(audit, 'dave', '{}').allowed();
    await audit.world.startService('audit', fast);
    const last = await lastSequence(audit);
    const state = await eventually(async () => {
      const found = await readLedger(database);
      expect(found.entries.at(-1)?.sequence).toBe(last);
      return found;
    });
    const added = state.entries.slice(before);
    expect(added.map(({ kind }) => kind)).toEqual([1, 0, 0, 0]);
    expect(added[0]?.sequence).toBe(lost.at(-1));
    const { body } = await audit.call('alice', '/v1/gaps');
    expect(body.items.find((one: { kind: string }) => one.kind === 'gap')).toMatchObject({
      from: lost[0],
      to: lost.at(-1),
    });
    const { report } = await eventually(async () => {
      const verified = await verifyWhole(audit);
      expect(verified.report.size).toBe(state.size);
      return verified;
    });
    expect(report).toMatchObject({ isIntact: true, lostSequences: 3 });
  }, 60_000);

  test('a broker that was restored from a backup forks the log: both histories stay, and it is an alarm', async () => {
    const [kept, lost] = [new Play(audit, 'dave', '{}'), new Play(audit, 'dave', '{}')];
    await kept.allowed();
    await recorded();
    const common = await lastSequence(audit);
    const [files, backup] = [join(audit.world.dir, 'nats', 'jetstream'), join(audit.world.dir, 'backup')];
    await audit.world.stopNats();
    await cp(files, backup, { recursive: true });
    await reconnected();
    await lost.allowed();
    await recorded();
    const before = await readLedger(database);
    await audit.world.service('audit').stop();
    await audit.world.stopNats();
    await rm(files, { recursive: true });
    await cp(backup, files, { recursive: true });
    await reconnected();
    // More than was lost: the stream reaches further than the ledger, with other events under the same sequences.
    const after = [new Play(audit, 'dave', '{}'), new Play(audit, 'dave', '{}')];
    for (const play of after) await play.allowed();
    await audit.world.startService('audit', fast);
    const forked = await eventually(
      async () => {
        const found = await readLedger(database);
        expect(found.size).toBeGreaterThanOrEqual(before.size + 6);
        return found;
      },
      { timeoutMs: 30_000 },
    );
    expect(forked.entries.slice(0, before.size)).toEqual(before.entries);
    const added = forked.entries.slice(-6);
    expect(added.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6].map((n) => common + n));
    expect(added.every(({ log }) => log !== before.entries.at(-1)?.log)).toBe(true);
    const { body } = await audit.call('alice', '/v1/gaps');
    expect(body.items).toContainEqual(
      expect.objectContaining({ kind: 'fork', code: 'log.forked', from: common + 1, to: common + 3 }),
    );
    const { report } = await eventually(async () => {
      const verified = await verifyWhole(audit);
      expect(verified.report.size).toBe(forked.size);
      return verified;
    });
    expect(report.isIntact).toBe(true);
    // Looking is recorded too, so it comes last.
    for (const { id } of [kept, lost, ...after])
      expect((await audit.show('alice', id)).outcome).toBe('answered');
  }, 120_000);

  test('a stream that was replaced begins a log of its own, and nothing is dropped', async () => {
    await recorded();
    const before = await readLedger(database);
    const topology = await topologyBus();
    await topology.nc.request('$JS.API.STREAM.DELETE.EVENTS');
    await applyTopology(topologyLogin());
    await topology.close();
    const play = new Play(audit, 'dave', '{}');
    await play.allowed();
    const after = await eventually(
      async () => {
        const found = await readLedger(database);
        expect(found.size).toBe(before.size + 3);
        return found;
      },
      { timeoutMs: 20_000 },
    );
    expect(after.entries.slice(-3).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(before.entries.map(({ log }) => log)).not.toContain(after.entries.at(-1)?.log);
    const { body } = await audit.call('alice', '/v1/gaps');
    expect(body.items[0]).toMatchObject({ kind: 'fork', code: 'log.replaced' });
  }, 60_000);
});

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { contentErased, type ErasureView, encodeEnvelope, type HoldView } from '#contracts';
import { noteVerifier, openNote } from '#ledger';
import { eventually } from '#testing';
import { holdLock } from '../../../../services/audit/holding/hold-lock.ts';
import { checkpointSize, openDatabase, verifyWhole } from '../audit-ledger.ts';
import { type AuditWorld, activate, Play, startAuditWorld } from '../audit-world.ts';
import { beginExport, type OpenExport } from '../open-export.ts';

let audit: AuditWorld;
let database: pg.Client;

beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startServices(['audit', 'approval']);
  database = await openDatabase(audit);
}, 120_000);
afterAll(async () => {
  await database.end();
  await audit.stop();
});

const slow = { timeoutMs: 60_000 };
async function post<T>(user: string, path: string, body: object): Promise<{ status: number; body: T }> {
  const headers = { 'content-type': 'application/json' };
  return audit.call(user, path, { method: 'POST', body: JSON.stringify(body), headers });
}
const ask = (subject: string) =>
  post<ErasureView>('erin', '/v1/erasures', { subject, reason: 'They asked.' });
const erasure = async (id: string): Promise<ErasureView> =>
  (await audit.call('erin', `/v1/erasures/${id}`)).body;
const textOf = async (id: string) => (await audit.show('alice', id)).versions[0]?.content;

async function agree(approval: string): Promise<void> {
  const call = async (path: string, init?: RequestInit) => {
    const authorization = `Bearer ${await audit.world.tokenFor('alice')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    return fetch(`${audit.world.urlOf('approval')}/v1/approvals/${path}`, { ...init, headers });
  };
  const { digest, version } = await eventually(async () => {
    const response = await call(approval);
    expect(response.status).toBe(200);
    return (await response.json()) as { digest: string; version: number };
  });
  const ballot = JSON.stringify({ vote: 'approve', digest, version });
  expect((await call(`${approval}/votes`, { method: 'POST', body: ballot })).status).toBe(200);
}

/** A person's request with what happens to it, step by step. */
class Case {
  readonly holds: HoldView[] = [];
  readonly asked: ErasureView[] = [];
  readonly refused: number[] = [];
  readonly exports: OpenExport[] = [];

  constructor(
    private readonly subject: string,
    readonly play: Play,
    private readonly sinceMs: number,
  ) {}

  private get last(): ErasureView {
    return this.asked.at(-1)!;
  }

  private async hold(what: object): Promise<void> {
    const { status, body } = await post<HoldView>('alice', '/v1/holds', { ...what, reason: 'case 12' });
    expect(status).toBe(201);
    this.holds.push(body);
  }

  readonly steps: Record<string, () => Promise<unknown>> = {
    'hold person': () => this.hold({ subject: this.subject }),
    'hold request': () => this.hold({ requestId: this.play.id }),
    'hold period': () =>
      this.hold({ period: { from: String(this.sinceMs), to: String(this.sinceMs + 600_000) } }),
    lift: async () => {
      const { id } = this.holds.shift()!;
      expect((await post('erin', `/v1/holds/${id}/lift`, { reason: 'over' })).status).toBe(200);
    },
    ask: async () => {
      const { status, body } = await ask(this.subject);
      if (status === 202) this.asked.push(body);
      else this.refused.push(status);
    },
    agree: () => agree(this.last.approval),
    held: () => eventually(async () => expect((await erasure(this.last.id)).state).toBe('held'), slow),
    erased: () => eventually(async () => expect((await erasure(this.last.id)).state).toBe('erased'), slow),
    export: async () => this.exports.push(await beginExport(audit, database)),
    readable: async () =>
      expect(await textOf(this.play.id)).toEqual({ state: 'shown', text: '{"evidence":"a"}' }),
  };

  /** Whatever the order was: exports verify, and a certificate is there exactly where the person was erased. */
  async check(end: 'kept' | 'erased'): Promise<void> {
    for (const open of this.exports) {
      const { report } = await open.finish();
      expect(report.problems).toEqual([]);
    }
    const { report, key } = await verifyWhole(audit);
    expect(report.problems).toEqual([]);
    for (const { id } of this.asked) {
      const { certificate, state, index, doneAt, subjectKey } = await erasure(id);
      expect([state === 'erased', certificate !== null]).toEqual([end === 'erased', end === 'erased']);
      if (certificate === null) continue;
      const said = openNote(certificate, [noteVerifier(key)]).text.split('\n');
      expect(said).toEqual(['sallyport/erasure/1', 'sallyport', `${subjectKey} ${index} ${doneAt}`, id, '']);
      expect(report.size).toBeGreaterThan(index!);
    }
    const content = await textOf(this.play.id);
    if (end === 'erased') expect(content).toEqual({ state: 'erased' });
    else expect(content).toMatchObject({ state: 'shown' });
    while (this.holds.length > 0) await this.steps.lift!();
    // What a hold kept goes with it: the next one begins after that.
    if (end === 'kept' && this.asked.length > 0) await this.steps.erased!();
  }
}

async function begin(subject: string): Promise<Case> {
  const [sinceMs, play] = [Date.now(), new Play(audit, subject, '{"evidence":"a"}')];
  await play.allowed('{"answer":"b"}');
  await eventually(async () => expect((await audit.show('alice', play.id)).outcome).toBe('answered'));
  await eventually(async () => {
    const { indexes } = (
      await database.query('select indexes from session where id = $1', [play.id.slice(4)])
    ).rows[0];
    expect(await checkpointSize(audit)).toBeGreaterThan(Number(indexes.at(-1)));
  }, slow);
  return new Case(subject, play, sinceMs);
}

describe('holds, erasures and exports in this order', () => {
  test.each([
    ['hold person, ask, readable', 'kept', [409]],
    ['hold request, ask, lift, ask, agree, erased', 'erased', [409]],
    ['hold person, hold period, ask, lift, ask, lift, ask, agree, erased', 'erased', [409, 409]],
    ['ask, hold person, export, agree, held, readable', 'kept', []],
    ['ask, hold request, agree, held, export, lift, erased', 'erased', []],
    ['export, ask, hold period, agree, held, hold request, lift, held, lift, erased, export', 'erased', []],
    ['ask, export, agree, erased, hold person, export', 'erased', []],
    ['export, ask, agree, erased, hold request, ask, agree, erased', 'erased', []],
  ] as const)(
    '%s: what a hold came before stays, the rest is %s, and each export verifies',
    async (...row) => {
      const [steps, end, refused] = row;
      const one = await begin('bob');
      for (const step of steps.split(', ')) await one.steps[step]!();
      expect(one.refused).toEqual(refused);
      await one.check(end);
    },
    120_000,
  );
});

/** What is recorded once people agreed; nobody asked here. */
async function erased(subject: string): Promise<void> {
  const head = contentErased.schema.parse({ subjectKey: audit.keyOf(subject), at: Date.now() });
  const bus = await audit.world.bus('audit');
  const { sequence } = await bus.publish(contentErased.subject(), encodeEnvelope(head));
  await eventually(async () => {
    const { rows } = await database.query('select sequence from writer_state');
    expect(Number(rows[0].sequence)).toBeGreaterThanOrEqual(sequence);
  }, slow);
}
const open = async (subject: string): Promise<number> =>
  (
    await database.query('select 1 from erasure where subject_key = $1 and done_at is null', [
      audit.keyOf(subject),
    ])
  ).rows.length;
const done = (subject: string, count = 0) =>
  eventually(async () => expect(await open(subject)).toBe(count), slow);
const isWaiting = () =>
  eventually(async () => {
    const sql = `select 1 from pg_stat_activity where wait_event = 'advisory' and query like '%legal_hold%'`;
    expect((await database.query(sql)).rows).toHaveLength(1);
  }, slow);

describe('a hold that comes at the same moment', () => {
  test('waits for the erasure that is being carried out; one that is being placed keeps what an erasure would destroy', async () => {
    const one = await begin('carol');
    const subjectKey = audit.keyOf('carol');
    await database.query(`select pg_advisory_lock(${holdLock})`);
    const placing = post<HoldView>('alice', '/v1/holds', { subject: 'carol', reason: 'case 13' });
    await isWaiting();
    expect((await database.query('select 1 from legal_hold where lifted_at is null')).rows).toEqual([]);
    await database.query(`select pg_advisory_unlock(${holdLock})`);
    const { body: placed } = await placing;
    expect((await post('erin', `/v1/holds/${placed.id}/lift`, { reason: 'over' })).status).toBe(200);

    await database.query('begin');
    await database.query(
      `with alone as materialized (select pg_advisory_xact_lock(${holdLock}))
       insert into legal_hold (id, scope, subject_key, placer_key, placed_at)
       select 'hold-at-once', 'person', $1, $1, 1 from alone`,
      [subjectKey],
    );
    await erased('carol');
    await done('carol', 1);
    // The writer was here again since: it has not got at them, though it sees no hold yet.
    const later = new Play(audit, 'dave', '{"later":1}');
    await later.allowed();
    await eventually(async () => expect((await audit.show('alice', later.id)).outcome).toBe('answered'));
    expect(await textOf(one.play.id)).toMatchObject({ state: 'shown' });
    await database.query('commit');
    expect(await textOf(one.play.id)).toMatchObject({ state: 'shown' });
    expect((await audit.call('alice', '/v1/holds')).body.items).toHaveLength(1);
    expect((await post('erin', '/v1/holds/hold-at-once/lift', { reason: 'over' })).status).toBe(200);
    await done('carol');
    expect(await textOf(one.play.id)).toEqual({ state: 'erased' });
  }, 120_000);
});

test('what comes of a request after its person was erased says nothing of them, though they have a new key', async () => {
  const one = await begin('dave');
  await erased('dave');
  await done('dave');
  // As by a service that sealed it a moment too late: this makes another key.
  await one.play.edited('alice', '{"edited":"late"}');
  await one.play.voted('alice', 'approve', 'said late', 2);
  const shown = await eventually(async () => {
    const detail = await audit.show('alice', one.play.id);
    expect(detail.votes).toHaveLength(1);
    return detail;
  });
  expect(shown.versions.map(({ content }) => content)).toEqual([{ state: 'erased' }, { state: 'erased' }]);
  expect(shown.votes[0]).toMatchObject({ approver: { subject: 'alice' }, reason: { state: 'erased' } });
  const { report, lines } = await eventually(async () => {
    const found = await verifyWhole(audit, `?request=${one.play.id}`);
    expect(found.lines).toContain('evt.approval.decided');
    return found;
  }, slow);
  expect(report.problems).toEqual([]);
  expect(lines).not.toMatch(/dave@|Dave/);
  expect(lines).toContain('alice');
  // Who comes back is themselves again.
  const again = new Play(audit, 'dave', '{"back":"again"}');
  await again.allowed();
  await eventually(async () =>
    expect((await audit.show('alice', again.id)).requester).toMatchObject({ subject: 'dave' }),
  );
}, 120_000);

test('retention waits for holds, and what it drops while an export is written has its tombstone in it; erasures stay', async () => {
  const old = await begin('carol');
  await erased('carol');
  await done('carol');
  const held = await begin('bob');
  await held.steps['hold request']!();
  // The next event begins another segment, as it would on another day.
  await audit.world.service('audit').kill();
  await database.query('update segment set first_at = first_at - 3 * 86400000');
  await audit.world.startService('audit');
  await begin('bob');
  const yaml = await readFile(audit.world.configFile, 'utf8');
  const [drop, stones] = [
    (n: number, content: string, rest: string) =>
      activate(
        audit,
        yaml.replace(
          /retention:\n(?: {2}.*\n)+/,
          `retention:\n  content: ${content}\n  metadata: ${rest}\n  decisions: ${rest}\n`,
        ),
        `r${n}`,
      ),
    async () => Number((await database.query('select count(*) from tombstone')).rows[0].count),
  ];
  const looked = async (revision: string) => {
    // Whatever retention was to do under a revision it did before it wrote what came after.
    const play = new Play(audit, 'dave', `{"after":"${revision}"}`);
    await play.allowed();
    await eventually(async () => expect((await audit.show('alice', play.id)).outcome).toBe('answered'));
  };
  await drop(2, '1s', '1s');
  await looked('r2');
  expect(await stones()).toBe(0);
  expect(await textOf(held.play.id)).toMatchObject({ state: 'shown' });

  const whole = await beginExport(audit, database);
  await held.steps.lift!();
  await drop(3, '1s', '180d');
  await eventually(async () => expect(await stones()).toBe(1), slow);
  const first = (await whole.finish()).report;
  expect([first.problems, first.tombstones.map(({ scope }) => scope)]).toEqual([[], ['content']]);
  const again = await beginExport(audit, database);
  await drop(4, '1s', '1s');
  await eventually(async () => expect(await stones()).toBe(3), slow);
  const second = (await again.finish()).report;
  expect([second.problems, second.tombstones.length]).toEqual([[], 3]);
  expect(second.skipped).toBeGreaterThan(0);
  // That they were erased is told by what stays: without it what they lack would look like tampering.
  const { rows } = await database.query('select 1 from entry e join erasure r on r.index = e.index');
  expect(rows.length).toBeGreaterThan(0);
  expect((await audit.call('alice', `/v1/sessions/${old.play.id}`)).status).toBe(404);
}, 240_000);

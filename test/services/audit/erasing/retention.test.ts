import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { contentDropped, type HoldView } from '#contracts';
import { eventually } from '#testing';
import { eventsOf } from '../../policy/policy-world.ts';
import { openDatabase, verifyWhole } from '../audit-ledger.ts';
import { type AuditWorld, activate, Play, startAuditWorld } from '../audit-world.ts';

let audit: AuditWorld;
let database: pg.Client;
let yaml: string;

beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startServices(['audit']);
  database = await openDatabase(audit);
  yaml = await readFile(audit.world.configFile, 'utf8');
}, 120_000);
afterAll(async () => {
  await database.end();
  await audit.stop();
});

let nth = 1;
/** Another revision, with these times. */
async function keepFor(content: string, metadata: string, decisions: string): Promise<void> {
  const times = `retention:\n  content: ${content}\n  metadata: ${metadata}\n  decisions: ${decisions}\n`;
  await activate(audit, yaml.replace(/retention:\n(?: {2}.*\n)+/, times), `r${++nth}`);
}
const recorded = (play: Play) =>
  eventually(async () => expect((await audit.show('alice', play.id)).outcome).not.toBeNull());
const stones = async (): Promise<number> =>
  Number(
    (await database.query('select count(*) from tombstone where published_at is not null')).rows[0].count,
  );
const saying = async (word: string): Promise<string[]> =>
  (await audit.call('alice', `/v1/sessions?words=${word}`)).body.items.map(({ id }: { id: string }) => id);
const verified = async () => {
  const { report } = await eventually(() => verifyWhole(audit));
  expect(report).toMatchObject({ isIntact: true, problems: [] });
  return report;
};

test('what is past its time goes by class under signed tombstones, and what is left still verifies', async () => {
  const [allowed, decided] = [
    new Play(audit, 'dave', '{"old":"a"}'),
    new Play(audit, 'carol', '{"old":"b"}'),
  ];
  await allowed.allowed();
  await decided.received();
  await decided.held();
  await decided.voted('alice', 'reject', 'because');
  await decided.completed('{"no":"way"}', { outcome: 'rejected', status: 403, code: 'approval.rejected' });
  await recorded(allowed);
  await recorded(decided);
  // The next event begins another segment, as it would on another day.
  await audit.world.service('audit').kill();
  await database.query('update segment set first_at = first_at - 3 * 86400000');
  await audit.world.startService('audit');
  const fresh = new Play(audit, 'dave', '{"new":"c"}');
  await fresh.allowed();
  await recorded(fresh);
  expect((await verified()).tombstones).toEqual([]);

  const { body: hold } = await audit.call('alice', '/v1/holds', {
    method: 'POST',
    body: JSON.stringify({ requestId: allowed.id, reason: 'case 7' }),
    headers: { 'content-type': 'application/json' },
  });
  await keepFor('1s', '180d', '180d');
  await keepFor('1s', '180d', '180d');
  const lift = async ({ id }: HoldView) =>
    (
      await audit.call('erin', `/v1/holds/${id}/lift`, {
        method: 'POST',
        body: '{"reason":"over"}',
        headers: { 'content-type': 'application/json' },
      })
    ).status;
  const later = new Play(audit, 'dave', '{"new":"d"}');
  await later.allowed();
  await recorded(later);
  expect((await audit.show('alice', allowed.id)).versions[0]?.content.text).toBe('{"old":"a"}');
  await eventually(async () => expect(await saying('hello')).toHaveLength(3), { timeoutMs: 60_000 });
  expect(await lift(hold)).toBe(200);

  await keepFor('1s', '180d', '180d');
  await eventually(async () => expect(await stones()).toBe(1), { timeoutMs: 60_000 });
  expect((await audit.show('alice', allowed.id)).versions[0]?.content).toEqual({ state: 'expired' });
  expect(await saying('hello')).toEqual([later.id, fresh.id]);
  expect((await audit.show('alice', fresh.id)).versions[0]?.content.text).toBe('{"new":"c"}');
  const first = await verified();
  expect(first.withoutContent).toBeGreaterThan(3);
  expect(first.tombstones).toMatchObject([
    { scope: 'content', from: 0, reason: `retention.content: 1s, as revision r${nth} says` },
  ]);

  await keepFor('1s', '1s', '180d');
  await eventually(async () => expect(await stones()).toBe(2), { timeoutMs: 60_000 });
  expect((await audit.call('alice', `/v1/sessions/${allowed.id}`)).status).toBe(404);
  const second = await verified();
  expect(second.skipped).toBeGreaterThan(4);
  const { votes } = await audit.show('alice', decided.id);
  expect(votes).toMatchObject([{ approver: { subject: 'alice' }, vote: 'reject' }]);

  await keepFor('1s', '1s', '1s');
  await eventually(async () => expect(await stones()).toBe(3), { timeoutMs: 60_000 });
  expect((await audit.call('alice', `/v1/sessions/${decided.id}`)).status).toBe(404);
  const third = await verified();
  expect(third.skipped).toBeGreaterThan(second.skipped);
  expect(third.tombstones.map(({ scope }) => scope)).toEqual(['content', 'entries', 'entries']);
  expect((await audit.show('alice', fresh.id)).versions[0]?.content.text).toBe('{"new":"c"}');
  expect((await audit.call('alice', '/v1/sessions?user=dave')).body.items).toHaveLength(2);
  const events = await eventsOf(audit.ingress, contentDropped);
  expect(events.map(({ scope, from }) => `${scope} ${from}`)).toEqual([
    'content 0',
    'entries 0',
    'entries 0',
  ]);
  // A part of the rest verifies as well.
  const period = await verifyWhole(audit, `?request=${fresh.id}`);
  expect(period.report).toMatchObject({ isIntact: true, scope: 'selection' });
}, 240_000);

test('who deletes more than a tombstone says is found out', async () => {
  const { rows } = await database.query('select segment, index from entry order by index limit 1');
  await database.query('delete from entry where segment = $1 and index = $2', [
    rows[0].segment,
    rows[0].index,
  ]);
  const { report } = await verifyWhole(audit);
  expect(report.problems.map(({ code }) => code)).toContain('entry.skipped');
});

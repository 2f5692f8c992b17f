import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { freePorts, type RunningProcess } from '#embedded';
import { eventually, startProgram } from '#testing';
import { expectWhole, openDatabase, readLedger, traffic } from './audit-ledger.ts';
import { type AuditWorld, activate, startAuditWorld } from './audit-world.ts';

const fast = { AUDIT_CHECKPOINT_SECONDS: '0.5' };
/** A standby becomes the writer within this. */
const takeoverMs = 10_000;
const requestsPerSecond = 200;
/** How long Postgres is away: half a minute, or ten. */
const awayRequests = requestsPerSecond * (process.env.LONG === '1' ? 600 : 30);

let audit: AuditWorld;
let database: pg.Client;
beforeAll(async () => {
  audit = await startAuditWorld();
  await audit.world.startService('audit', fast);
  database = await openDatabase(audit);
}, 120_000);
afterAll(async () => {
  await database.end().catch(() => undefined);
  await audit.stop();
});

async function replica(name: string, port: number): Promise<{ url: string; process: RunningProcess }> {
  const url = `http://127.0.0.1:${port}`;
  const process = await startProgram({
    name,
    program: 'services/audit/main',
    env: {
      ...audit.world.environment('audit'),
      ...{ SALLYPORT_AUDIT_PORT: String(port), SALLYPORT_INSTANCE: name, ...fast },
    },
    logFile: join(audit.world.dir, `${name}.log`),
    readyUrl: `${url}/readyz`,
  });
  return { url, process };
}

async function isWriter(url: string): Promise<boolean> {
  const metrics = await fetch(`${url}/metrics`);
  return /sallyport_audit_writer\{[^}]*\} 1/.test(await metrics.text());
}

test('of three replicas one writes; when it is killed another writes within 10 s, twice, and nothing is lost', async () => {
  const [second = 0, third = 0] = await freePorts(2);
  const standbys = await Promise.all([replica('audit-2', second), replica('audit-3', third)]);
  const writing = () => Promise.all(standbys.map(({ url }) => isWriter(url)));
  expect(await writing()).toEqual([false, false]);
  expect(await isWriter(audit.world.urlOf('audit'))).toBe(true);
  const load = traffic(audit, 5);
  await audit.world.service('audit').kill();
  const taken = await eventually(
    async () => {
      const found = await writing();
      expect(found).toContain(true);
      return found;
    },
    { timeoutMs: takeoverMs },
  );
  expect(taken.filter(Boolean)).toHaveLength(1);
  // The second one goes too: the last one is enough.
  const [first, last] = taken[0] ? standbys : [...standbys].reverse();
  await first?.process.kill();
  await eventually(async () => expect(await isWriter(last?.url ?? '')).toBe(true), { timeoutMs: takeoverMs });
  await load.stop();
  await expectWhole(audit, database);
  await audit.world.startService('audit', fast);
  await last?.process.stop();
  await eventually(async () => expect(await isWriter(audit.world.urlOf('audit'))).toBe(true), {
    timeoutMs: 60_000,
  });
}, 240_000);

/** What answers them all the same is a process on this machine, the one that asks. */
const mostAtOnce = 50;
/** So many requests are asked with one token. */
const tokenRequests = 5000;

/** Sends requests through the gateway at a steady rate; gives how many came to each status. */
async function callSteadily(requests: number): Promise<Record<number, number>> {
  // Ten minutes are longer than a token lives.
  let token = await audit.world.tokenFor('dave');
  const statuses: Record<number, number> = {};
  const call = async (n: number) => {
    const response = await fetch(`${audit.world.urlOf('ingress')}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: `hello ${n}` }] }),
    });
    await response.arrayBuffer();
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  };
  const calls = new Set<Promise<void>>();
  const startMs = performance.now();
  for (let sent = 0; sent < requests; ) {
    const due = Math.min(requests, ((performance.now() - startMs) / 1000) * requestsPerSecond);
    // A machine that is slower than the rate decides on it itself: what it could not send in time doesn't come at once.
    for (; sent < due && calls.size < mostAtOnce; sent += 1) {
      if (sent % tokenRequests === tokenRequests - 1) token = await audit.world.tokenFor('dave');
      const one = call(sent).finally(() => calls.delete(one));
      calls.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(calls);
  return statuses;
}

test(`Postgres is away for ${awayRequests} requests at ${requestsPerSecond} a second: all are answered, and the ledger catches up`, async () => {
  const yaml = await readFile(audit.world.configFile, 'utf8');
  const unmasked = yaml.replace('mask: { answer: standard }', '');
  await writeFile(audit.world.configFile, unmasked);
  await activate(audit, unmasked, 'r2');
  await audit.world.startServices(['policy', 'ingress', 'approval', 'masking']);
  expect(await callSteadily(20)).toEqual({ 200: 20 });
  await expectWhole(audit, database);
  const before = (await readLedger(database)).size;
  await database.end();
  await audit.world.stopPostgres('kill');
  expect(await callSteadily(awayRequests)).toEqual({ 200: awayRequests });
  await audit.world.startPostgresAgain();
  database = await openDatabase(audit);
  await expectWhole(audit, database, 300_000);
  expect((await readLedger(database)).size).toBeGreaterThanOrEqual(before + awayRequests * 3);
  await eventually(
    async () => {
      const { rows } = await database.query(`select count(*) from session where outcome = 'answered'`);
      expect(Number(rows[0].count)).toBeGreaterThanOrEqual(awayRequests);
    },
    { timeoutMs: 60_000 },
  );
  const { body } = await audit.call('alice', '/v1/gaps');
  expect(body.items).toEqual([]);
  const letter = audit.masking.readMessage({ sequence: 1, subject: 'dead.audit.letter.v1' });
  expect(await letter.catch(() => null)).toBeNull();
}, 1_800_000);

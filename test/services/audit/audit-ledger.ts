import { expect } from '@jest/globals';
import pg from 'pg';
import { CompactRange, hashBytes, noteVerifier, openCheckpoint, verifyExport } from '#ledger';
import { eventually } from '#testing';
import { type AuditWorld, Play } from './audit-world.ts';

/** What the ledger's tables hold, read beside the service. */
export interface LedgerState {
  entries: { index: number; log: number; sequence: number; messageId: string; kind: number }[];
  size: number;
  root: string;
  /** The root computed from the stored leaves. */
  computedRoot: string;
  projected: number;
}

/** A connection with the audit service's rights. */
export async function openDatabase(audit: AuditWorld): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: audit.world.environment('audit').DATABASE_URL });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('set search_path = audit');
  return client;
}

export async function readLedger(client: pg.Client): Promise<LedgerState> {
  await client.query('begin isolation level repeatable read');
  const entries = await client.query(
    'select index, log, sequence, message_id, kind from entry order by index',
  );
  const state = await client.query('select range, projected from writer_state');
  const runs = await client.query(
    'select first_index, hashes from node_run where level = 0 order by first_index',
  );
  await client.query('commit');
  const range = CompactRange.decode(state.rows[0].range);
  const again = new CompactRange();
  for (const { first_index, hashes } of runs.rows) {
    if (Number(first_index) !== again.size || hashes.length % hashBytes !== 0)
      throw new Error('a leaf is missing');
    again.appendAll(hashes);
  }
  return {
    entries: entries.rows.map((row) => ({
      index: Number(row.index),
      log: row.log,
      sequence: Number(row.sequence),
      messageId: row.message_id,
      kind: row.kind,
    })),
    size: range.size,
    root: Buffer.from(range.root()).toString('hex'),
    computedRoot: Buffer.from(again.root()).toString('hex'),
    projected: Number(state.rows[0].projected),
  };
}

/** Verifies an export of the whole ledger with nothing but the public key. */
export async function verifyWhole(audit: AuditWorld, query = '') {
  const { body: key } = await audit.call(null, '/v1/key');
  const { body: lines, status } = await audit.call('alice', `/v1/export${query}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(lines)}`);
  const report = await verifyExport(
    (async function* () {
      yield Buffer.from(lines);
    })(),
    [key.key],
  );
  return { report, lines: lines as string, key: key.key as string };
}

/** The size that the newest checkpoint covers, its signature verified. */
export async function checkpointSize(audit: AuditWorld): Promise<number> {
  const { body: key } = await audit.call(null, '/v1/key');
  const { body } = await audit.call('alice', '/v1/checkpoints?limit=1');
  if (body.items.length === 0) return 0;
  return openCheckpoint(body.items[0].note, [noteVerifier(key.key)]).size;
}

/** Publishes requests until it is told to stop; gives their ids. */
export function traffic(audit: AuditWorld, everyMs: number): { stop: () => Promise<string[]> } {
  const ids: string[] = [];
  let stopping = false;
  const run = (async () => {
    while (!stopping) {
      const play = new Play(audit, ids.length % 2 === 0 ? 'dave' : 'carol', `{"n":${ids.length}}`);
      await play.allowed();
      ids.push(play.id);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    stop: async () => {
      stopping = true;
      await run;
      return ids;
    },
  };
}

/** The last sequence of the log. */
export async function lastSequence(audit: AuditWorld): Promise<number> {
  const reply = await audit.ingress.nc.request('$JS.API.STREAM.INFO.EVENTS');
  return reply.json<{ state: { last_seq: number } }>().state.last_seq;
}

/** Waits until the ledger has every event of the log, and checks that it has each once, in order, in an intact tree. */
export async function expectWhole(audit: AuditWorld, client: pg.Client, timeoutMs = 60_000): Promise<void> {
  const last = await lastSequence(audit);
  await eventually(
    async () => {
      const { rows } = await client.query('select sequence from writer_state');
      expect(Number(rows[0].sequence)).toBeGreaterThanOrEqual(last);
    },
    { timeoutMs, everyMs: 100 },
  );
  const state = await readLedger(client);
  expect(state.entries.map(({ index }) => index)).toEqual(state.entries.map((_, i) => i));
  expect(state.entries.map(({ sequence }) => sequence)).toEqual(state.entries.map((_, i) => i + 1));
  expect(state.entries.every(({ kind }) => kind === 0)).toBe(true);
  expect(state.computedRoot).toBe(state.root);
}

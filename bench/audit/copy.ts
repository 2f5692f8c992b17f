import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Bus } from '#messaging';
import { BatchPull } from '../../services/audit/receiving/batch-pull.ts';

const rowsAtATime = 2000;

/** A table of two columns, without anything that makes it a ledger. */
export async function createPlain(client: pg.Client): Promise<void> {
  await client.query(
    'create table plain (sequence bigint generated always as identity primary key, payload bytea) with (toast_tuple_target = 8160)',
  );
  await client.query('alter table plain alter column payload set storage external');
}

/**
 * The same payloads by COPY, on the same server with the same durability, one transaction for each 2,000: what the disk
 * and the protocol cost alone. Gives seconds.
 */
export async function plainCopy(
  client: pg.Client,
  events: readonly { payload: Uint8Array }[],
): Promise<number> {
  const startMs = performance.now();
  for (let from = 0; from < events.length; from += rowsAtATime) {
    await copyRows(
      client,
      events.slice(from, from + rowsAtATime).map(({ payload }) => payload),
    );
  }
  return (performance.now() - startMs) / 1000;
}

/**
 * Takes events out of the log as the ledger does and only copies them: what a consumer that proves and finds nothing
 * costs. The ledger never sees these. Gives seconds.
 */
export async function copyFromLog(client: pg.Client, audit: Bus, count: number): Promise<number> {
  const pull = new BatchPull(audit);
  const startMs = performance.now();
  let ahead = pull.next();
  for (let copied = 0; copied < count; ) {
    const { events, ackSubject } = await ahead;
    ahead = pull.next();
    await copyRows(
      client,
      events.map(({ payload }) => payload),
    );
    if (ackSubject !== null) pull.ack(ackSubject);
    copied += events.length;
  }
  const seconds = (performance.now() - startMs) / 1000;
  await ahead;
  pull.close();
  return seconds;
}

async function copyRows(client: pg.Client, payloads: readonly Uint8Array[]): Promise<void> {
  const parts: Uint8Array[] = [Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')];
  for (const payload of payloads) {
    const head = Buffer.alloc(6);
    head.writeInt16BE(1, 0);
    head.writeInt32BE(payload.length, 2);
    parts.push(head, payload);
  }
  parts.push(Buffer.from([0xff, 0xff]));
  await client.query('begin');
  const stream = client.query(copyFrom('copy plain (payload) from stdin binary'));
  stream.end(Buffer.concat(parts));
  await finished(stream);
  await client.query('commit');
}

import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { contentErased } from '#contracts';
import { writeWaiting } from '../keeping/body-keeper.ts';
import { type LedgerState, runParameters } from '../writing/ledger-state.ts';
import type { Batch } from './build-batch.ts';
import { contentRows, entryColumns, entryRows } from './copy-rows.ts';

/** A signed tree head that goes with a batch. */
export interface NewCheckpoint {
  size: number;
  note: string;
  atMs: number;
}

/** Takes a built batch to the database in one transaction: entries, content, tree and position together. */
export async function writeBatch(
  client: pg.Client,
  state: { range: Buffer; log: number | null; sequence: number; segment: number | null },
  batch: Batch | null,
  checkpoint: NewCheckpoint | null,
): Promise<void> {
  await client.query('begin');
  if (batch !== null) {
    await copy(client, `copy entry (${entryColumns}) from stdin binary`, entryRows(batch.entries));
    if (batch.contents.length > 0) {
      const columns = 'segment, index, sealed';
      await copy(client, `copy content (${columns}) from stdin binary`, contentRows(batch.contents));
    }
    await client.query({
      ...writeState,
      values: [...runParameters(batch.runs), state.range, state.log, state.sequence, state.segment],
    });
    if (batch.incidents.length > 0) await writeIncidents(client, state.log, batch);
    await writeErasures(client, batch);
    await writeWaiting(client, batch.waiting);
  }
  if (checkpoint !== null) {
    const { size, note, atMs } = checkpoint;
    const values = [size, note, atMs];
    await client.query('insert into checkpoint (size, note, at) values ($1, $2, $3)', values);
  }
  await client.query('commit');
}

const writeState = {
  name: 'audit-write-state',
  text: `with runs as (
      insert into node_run (level, first_index, hashes) select * from unnest($1::int2[], $2::int8[], $3::bytea[]))
    update writer_state set range = $4, log = $5, sequence = $6, segment = $7`,
};

async function copy(client: pg.Client, sql: string, rows: Buffer): Promise<void> {
  const stream = client.query(copyFrom(sql));
  stream.end(rows);
  await finished(stream);
}

async function writeIncidents(client: pg.Client, log: number | null, { incidents }: Batch): Promise<void> {
  await client.query(
    `insert into incident (kind, code, request_id, log, from_sequence, to_sequence, at)
     select kind, code, "requestId", $2, "from", "to", $3
     from jsonb_to_recordset($1::jsonb) as i(kind text, code text, "requestId" text, "from" bigint, "to" bigint)`,
    [JSON.stringify(incidents), log, Date.now()],
  );
}

/** What is recorded as erased is to be erased, also after a crash right here. */
async function writeErasures(client: pg.Client, { facts }: Batch): Promise<void> {
  for (const { name, head, index } of facts) {
    if (name !== contentErased.name) continue;
    const erased = contentErased.schema.safeParse(head);
    if (!erased.success) continue;
    const { subjectKey, approval } = erased.data;
    // An approval is carried out once, however often its event stands in the log.
    await client.query(
      'insert into erasure (index, subject_key, approval) values ($1, $2, $3) on conflict (approval) do nothing',
      [index, subjectKey, approval ?? null],
    );
  }
}

/** What `writeBatch` stores of the writer's state. */
export function storedState(state: LedgerState): Parameters<typeof writeBatch>[1] {
  const { range, log, sequence, segment } = state;
  return { range: range.encode(), log: log?.id ?? null, sequence, segment: segment?.id ?? null };
}

import type pg from 'pg';
import { writeWaiting } from '../keeping/body-keeper.ts';
import { type LedgerState, runParameters } from '../writing/ledger-state.ts';
import type { Batch } from './build-batch.ts';
import { copyIn } from './copy-buffer.ts';
import { contentColumns, entryColumns } from './copy-rows.ts';

/** A signed tree head that goes with a batch. */
export interface NewCheckpoint {
  size: number;
  note: string;
  atMs: number;
}

/** What of the writer's state goes with a batch. */
export interface StoredState {
  range: Buffer;
  log: number | null;
  sequence: number;
  segment: number | null;
}

/**
 * Takes what is built to the database in one transaction: entries, content, tree and position together.
 */
export function writeBatch(
  state: StoredState,
  batch: Batch,
  checkpoint: NewCheckpoint | null,
): (client: pg.Client) => Promise<void> {
  const { entries, contents } = batch.rows;
  return async (client) => {
    await copyIn(client, `begin; copy entry (${entryColumns}) from stdin binary`, entries);
    if (contents.rows > 0) {
      await copyIn(client, `copy content (${contentColumns}) from stdin binary`, contents);
    }
    await client.query({
      ...writeState,
      values: [...runParameters(batch.runs), state.range, state.log, state.sequence, state.segment],
    });
    if (batch.incidents.length > 0) await writeIncidents(client, state.log, batch);
    await writeErasures(client, batch);
    await writeWaiting(client, batch.waiting);
    if (checkpoint !== null) await writeCheckpoint(client, checkpoint);
    await client.query('commit');
  };
}

/** Stores a signed tree head. */
export async function writeCheckpoint(client: pg.ClientBase, checkpoint: NewCheckpoint): Promise<void> {
  const { size, note, atMs } = checkpoint;
  await client.query('insert into checkpoint (size, note, at) values ($1, $2, $3)', [size, note, atMs]);
}

const writeState = {
  name: 'audit-write-state',
  text: `with runs as (
      insert into node_run (level, first_index, hashes) select * from unnest($1::int2[], $2::int8[], $3::bytea[]))
    update writer_state set range = $4, log = $5, sequence = $6, segment = $7`,
};

async function writeIncidents(client: pg.Client, log: number | null, { incidents }: Batch): Promise<void> {
  await client.query(
    `insert into incident (kind, code, request_id, log, from_sequence, to_sequence, at)
     select kind, code, "requestId", $2, "from", "to", $3
     from jsonb_to_recordset($1::jsonb) as i(kind text, code text, "requestId" text, "from" bigint, "to" bigint)`,
    [JSON.stringify(incidents), log, Date.now()],
  );
}

async function writeErasures(client: pg.Client, { erasures }: Batch): Promise<void> {
  for (const { index, subjectKey, approval } of erasures) {
    // An approval is carried out once, however often its event stands in the log.
    await client.query(
      'insert into erasure (index, subject_key, approval) values ($1, $2, $3) on conflict (approval) do nothing',
      [index, subjectKey, approval],
    );
  }
}

/** What `writeBatch` stores of the writer's state. */
export function storedState(state: LedgerState): StoredState {
  const { range, log, sequence, segment } = state;
  return { range: range.encode(), log: log?.id ?? null, sequence, segment: segment?.id ?? null };
}

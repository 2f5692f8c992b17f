import type pg from 'pg';
import { CompactRange, type NodeRun } from '#ledger';

/** Where the writer stands: what the last committed batch left behind. */
export interface LedgerState {
  range: CompactRange;
  /** The log that is written now; null before the first entry. */
  log: { id: number; name: string } | null;
  /** The last sequence of that log that is stored. */
  sequence: number;
  segment: { id: number; day: number } | null;
  /** Entries below are in the sessions. */
  projected: number;
  reconciliation: string;
  /** Entries below went into `reconciliation`. */
  reconciled: number;
  /** Size of the last checkpoint. */
  checkpointed: number;
}

interface StateRow {
  range: Buffer;
  log: number | null;
  name: string | null;
  sequence: string;
  segment: number | null;
  first_at: string | null;
  projected: string;
  reconciliation: string;
  reconciled: string;
  checkpointed: string;
}

const dayMs = 86_400_000;

/** The UTC day of a moment, counted from the epoch. */
export const dayOf = (atMs: number): number => Math.floor(atMs / dayMs);

/** Reads the writer's state. */
export async function loadState(client: pg.ClientBase): Promise<LedgerState> {
  const { rows } = await client.query<StateRow>(`
    select s.range, s.log, l.name, s.sequence, s.segment, g.first_at, s.projected, s.reconciliation, s.reconciled,
           coalesce((select max(size) from checkpoint), 0) as checkpointed
    from writer_state s left join log l on l.id = s.log left join segment g on g.id = s.segment`);
  const row = rows[0];
  if (row === undefined) throw new Error('audit: the writer state is missing');
  return {
    range: CompactRange.decode(row.range),
    log: row.log === null ? null : { id: row.log, name: row.name as string },
    sequence: Number(row.sequence),
    segment: row.segment === null ? null : { id: row.segment, day: dayOf(Number(row.first_at)) },
    projected: Number(row.projected),
    reconciliation: row.reconciliation,
    reconciled: Number(row.reconciled),
    checkpointed: Number(row.checkpointed),
  };
}

/** The number of a log by name; it is made where it is new. */
export async function ensureLog(client: pg.ClientBase, name: string, nowMs: number): Promise<number> {
  await client.query('insert into log (name, begun_at) values ($1, $2) on conflict (name) do nothing', [
    name,
    nowMs,
  ]);
  const { rows } = await client.query<{ id: number }>('select id from log where name = $1', [name]);
  return rows[0]?.id as number;
}

/** The node runs of a batch as parameters of `unnest`. */
export function runParameters(runs: readonly NodeRun[]): [number[], number[], Buffer[]] {
  return [
    runs.map(({ level }) => level),
    runs.map(({ firstIndex }) => firstIndex),
    runs.map(({ hashes }) => Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)),
  ];
}

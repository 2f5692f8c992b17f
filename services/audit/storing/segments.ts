import type pg from 'pg';
import type { Incoming, Lost } from '../receiving/incoming.ts';
import { dayOf, type LedgerState } from '../writing/ledger-state.ts';

/** True where the next items begin a new day (UTC), and with it a segment of their own. */
export function beginsSegment(
  { segment }: Pick<LedgerState, 'segment'>,
  items: readonly (Incoming | Lost)[],
  nowMs: number,
): boolean {
  return segment === null || dayOf(timeOf(items, nowMs)) > segment.day;
}

/** Makes the partitions of a new segment, in a transaction of its own. Gives it as the state's. */
export async function openSegment(
  client: pg.ClientBase,
  { segment, range }: LedgerState,
  items: readonly (Incoming | Lost)[],
  nowMs: number,
): Promise<{ id: number; day: number }> {
  const id = (segment?.id ?? 0) + 1;
  const atMs = timeOf(items, nowMs);
  await client.query('begin');
  await client.query('select open_segment($1)', [id]);
  await client.query('insert into segment (id, first_index, first_at) values ($1, $2, $3)', [
    id,
    range.size,
    atMs,
  ]);
  await client.query('update writer_state set segment = $1', [id]);
  await client.query('commit');
  return { id, day: dayOf(atMs) };
}

function timeOf(items: readonly (Incoming | Lost)[], nowMs: number): number {
  const [first] = items;
  return first !== undefined && 'payload' in first ? first.atMs : nowMs;
}

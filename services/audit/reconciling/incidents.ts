import type { Incident } from '#contracts';
import { CompactRange } from '#ledger';
import type { Queryable } from '../entries/entry-reader.ts';

/** What somebody should look at: read and acknowledged here, written with the ledger. */
export class Incidents {
  constructor(private readonly database: Queryable) {}

  async list(
    withAcknowledged: boolean,
    limit: number,
    before: number | undefined,
  ): Promise<{ items: Incident[]; next?: number }> {
    const rows = await this.database.query(
      `select i.*, l.name from incident i left join log l on l.id = i.log
       where ($1 or acknowledged_at is null) and ($2::bigint is null or i.id < $2)
       order by i.id desc limit $3`,
      [withAcknowledged, before ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(incidentOf);
    const last = items.at(-1);
    return { items, ...(rows.length > limit && last && { next: last.id }) };
  }

  /** How many nobody took note of yet. */
  async open(): Promise<number> {
    const [row] = await this.database.query(
      'select count(*) as open from incident where acknowledged_at is null',
      [],
    );
    return Number(row?.open);
  }

  async acknowledge(nowMs: number): Promise<number> {
    const rows = await this.database.query(
      `with noted as (update incident set acknowledged_at = $1 where acknowledged_at is null returning 1)
       select count(*) as noted from noted`,
      [nowMs],
    );
    return Number(rows[0]?.noted);
  }

  async treeSize(): Promise<number> {
    const rows = await this.database.query('select range from writer_state', []);
    return CompactRange.decode(rows[0]?.range as Buffer).size;
  }
}

function incidentOf(row: Record<string, unknown>): Incident {
  return {
    id: Number(row.id),
    kind: row.kind as Incident['kind'],
    code: row.code as string,
    requestId: row.request_id as string | null,
    logId: row.name as string | null,
    from: Number(row.from_sequence),
    to: Number(row.to_sequence),
    at: Number(row.at),
    acknowledgedAt: row.acknowledged_at === null ? null : Number(row.acknowledged_at),
  };
}

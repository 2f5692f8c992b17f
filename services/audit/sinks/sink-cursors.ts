import type { Queryable } from '../entries/entry-reader.ts';

/** A sink's sender that does not renew for this long may be replaced by another replica's. */
export const leaseSeconds = 30;

/** How far a sink is. */
export interface SinkState {
  readonly name: string;
  /** The first entry that was not sent yet. */
  readonly next: number;
  readonly deliveredAt: number | null;
  readonly failingSince: number | null;
  readonly failure: string | null;
}

/** Each sink's place in the ledger: one replica at a time may move it. */
export class SinkCursors {
  constructor(
    private readonly database: Queryable,
    private readonly holder: string,
  ) {}

  /** Takes or renews the right to send. Undefined where another replica has it. */
  async take(name: string): Promise<number | undefined> {
    await this.database.query('insert into sink (name) values ($1) on conflict do nothing', [name]);
    const rows = await this.database.query(
      `update sink set holder = $2, lease_until = now() + make_interval(secs => $3)
       where name = $1 and (holder is null or holder = $2 or lease_until < now()) returning next_index`,
      [name, this.holder, leaseSeconds],
    );
    const [row] = flat(rows);
    return row === undefined ? undefined : Number(row.next_index);
  }

  /** Notes that entries up to `to` are kept. False where the right to send was lost meanwhile: they are sent again. */
  async advance(name: string, from: number, to: number): Promise<boolean> {
    const rows = await this.database.query(
      `update sink set next_index = $4, delivered_at = now(), failing_since = null, failure = null
       where name = $1 and holder = $2 and next_index = $3 returning name`,
      [name, this.holder, from, to],
    );
    return flat(rows).length === 1;
  }

  /** Notes why nothing could be sent. */
  async fail(name: string, failure: string): Promise<void> {
    await this.database.query(
      `update sink set failing_since = coalesce(failing_since, now()), failure = $3
       where name = $1 and holder = $2`,
      [name, this.holder, failure.slice(0, 300)],
    );
  }

  /** Gives the right to send back. */
  async leave(name: string): Promise<void> {
    await this.database.query(
      'update sink set holder = null, lease_until = null where name = $1 and holder = $2',
      [name, this.holder],
    );
  }

  async all(): Promise<SinkState[]> {
    const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;
    const rows = await this.database.query(
      `select name, next_index, ${ms('delivered_at')} as delivered, ${ms('failing_since')} as failing, failure
       from sink order by name`,
      [],
    );
    return rows.map(({ name, next_index, delivered, failing, failure }) => ({
      name: name as string,
      next: Number(next_index),
      deliveredAt: delivered === null ? null : Number(delivered),
      failingSince: failing === null ? null : Number(failing),
      failure: failure as string | null,
    }));
  }
}

/** Rows of an `update … returning`, which TypeORM gives as `[rows, count]`. */
function flat(rows: unknown[]): Record<string, unknown>[] {
  return (Array.isArray(rows[0]) ? rows[0] : rows) as Record<string, unknown>[];
}

import type pg from 'pg';
import type { BodyStore } from '#messaging';
import { MissingDependencyError } from '#messaging';

/** Where content waits to be taken in: an object's name, and the entry that first spoke of it. */
export interface WaitingBody {
  name: string;
  segment: number;
  index: number;
}

/** Remembers what is to be taken in; in the transaction that records the events. */
export async function writeWaiting(client: pg.ClientBase, waiting: readonly WaitingBody[]): Promise<void> {
  for (const { name, segment, index } of waiting) {
    await client.query(
      'insert into kept_body (name, segment, index) values ($1, $2, $3) on conflict (name) do nothing',
      [name, segment, index],
    );
  }
}

/**
 * Takes large content out of the object store, where it lives for days, into the ledger's content, sealed as it is. The
 * tree covers it by the digest in the event's head. Runs in the writer, one body at a time, behind the events.
 */
export class BodyKeeper {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly bodies: BodyStore,
  ) {}

  /** Takes in the next one. False where none waits. Throws `MissingDependencyError` where the store is away. */
  async next(): Promise<boolean> {
    const { rows } = await this.client.query<{ name: string; segment: number; index: string }>(
      `select name, segment, index from kept_body where state = 'waiting' order by index limit 1`,
    );
    const waiting = rows[0];
    if (waiting === undefined) return false;
    const { name, segment, index } = waiting;
    const sealed = await this.bodies.get(name).catch((cause: unknown) => {
      throw new MissingDependencyError('a stored body can not be read', { cause });
    });
    await this.client.query('begin');
    if (sealed !== null) {
      await this.client.query(
        `insert into content (segment, index, sealed)
         select $1::int, $2::bigint, $3::bytea from segment where id = $1 and content_dropped_at is null
         on conflict do nothing`,
        [segment, index, Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)],
      );
    }
    await this.client.query('update kept_body set state = $2 where name = $1', [
      name,
      sealed === null ? 'missing' : 'kept',
    ]);
    await this.client.query('commit');
    return true;
  }
}

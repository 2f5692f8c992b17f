import {
  CompactRange,
  digestSealed,
  type Entry,
  joinHead,
  type NodeReader,
  type PersonalCommitment,
  type PersonalOpening,
} from '#ledger';
import { decodeCommitments } from '../personal/personal-columns.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { eventNameOf, type Fact, requestIdOf, subjectsOf } from './facts.ts';

/** Anything that runs a query: a pool, a connection. Rows come back as objects. */
export interface Queryable {
  query(sql: string, parameters: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A ledger entry as it is stored. */
export interface StoredEntry {
  index: number;
  log: number;
  entry: Entry;
  openings: Buffer | null;
  /** The entry that holds the sealed bytes; null where there are none. */
  contentIndex: number | null;
}

const columns = `e.index, e.kind, e.log, l.name, e.sequence, e.at, e.subject, e.message_id, e.head, e.personal,
  e.openings, e.sealed_bytes, e.sealed_digest, e.content_index`;
const unreadable = '{"unreadable":true}';
const hashBytes = 32;
const emptyDigest = digestSealed(new Uint8Array(0)).digest;

/** Reads the ledger's tables. */
export class EntryReader {
  constructor(private readonly database: Queryable) {}

  /** Entries `[from, to)` in order; only those of these events, where some are named. */
  async range(from: number, to: number, names?: ReadonlySet<string>): Promise<StoredEntry[]> {
    const segments = await this.segmentsOf(from, to);
    const only = names === undefined ? '' : 'and e.subject like any($4)';
    const rows = await this.database.query(
      `select ${columns} from entry e join log l on l.id = e.log
       where e.segment = any($1) and e.index >= $2 and e.index < $3 ${only} order by e.index`,
      [segments, from, to, ...(names === undefined ? [] : [subjectsOf(names)])],
    );
    return rows.map(storedOf);
  }

  /** Single entries, in order; those that retention dropped are missing. */
  async at(indexes: readonly number[]): Promise<StoredEntry[]> {
    if (indexes.length === 0) return [];
    const sorted = [...indexes].sort((a, b) => a - b);
    const segments = await this.segmentsOf(sorted[0] as number, (sorted.at(-1) as number) + 1);
    const rows = await this.database.query(
      `select ${columns} from entry e join log l on l.id = e.log
       where e.segment = any($1) and e.index = any($2) order by e.index`,
      [segments, sorted],
    );
    return rows.map(storedOf);
  }

  /** The first entry that is left and not older than a moment; at most `size`. */
  async firstSince(atMs: number, size: number): Promise<number> {
    let [low, high, found] = [0, size, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = await this.database.query(
        `select index, at from entry where index >= $1 and segment >= coalesce(
           (select max(id) from segment where first_index <= $1), 0) order by segment, index limit 1`,
        [middle],
      );
      if (row !== undefined && Number(row.index) < size && Number(row.at) < atMs) {
        low = Number(row.index) + 1;
        continue;
      }
      if (row !== undefined) found = Math.min(size, Number(row.index));
      high = middle;
    }
    return found;
  }

  /** The tombstones that speak of entries in these ranges, oldest first. */
  async tombstones(ranges: readonly (readonly [from: number, to: number])[]): Promise<string[]> {
    const rows = await this.database.query(
      `select distinct t.id, t.note from tombstone t
       join unnest($1::bigint[], $2::bigint[]) as r(a, b) on t.first_index < r.b and t.to_index > r.a order by t.id`,
      [ranges.map(([from]) => from), ranges.map(([, to]) => to)],
    );
    return rows.map(({ note }) => note as string);
  }

  /** Where the ledger records erasures below `size`: all, or those of some people. */
  async erasures(size: number, owners: readonly string[] | null): Promise<number[]> {
    const rows = await this.database.query(
      'select index from erasure where index < $1 and ($2::text[] is null or subject_key = any($2))',
      [size, owners],
    );
    return rows.map(({ index }) => Number(index));
  }

  /** When each of these people was last erased, ms; those who never were are missing. */
  async erasedAt(owners: readonly string[]): Promise<Map<string, number>> {
    if (owners.length === 0) return new Map();
    const rows = await this.database.query(
      `select subject_key, max(done_at) as done_at from erasure
       where subject_key = any($1) and done_at is not null group by subject_key`,
      [owners],
    );
    return new Map(rows.map(({ subject_key, done_at }) => [subject_key as string, Number(done_at)]));
  }

  /** Where the revision came into force that was in force before entry `from`, and those up to `to`. */
  async activations(from: number, to: number): Promise<number[]> {
    const rows = await this.database.query(
      `select index from activation where index < $2
         and index >= coalesce((select max(index) from activation where index < $1), 0)`,
      [from, to],
    );
    return rows.map(({ index }) => Number(index));
  }

  /** The sealed bytes of entries, by the index that holds them. */
  async contents(indexes: readonly number[]): Promise<Map<number, Buffer>> {
    if (indexes.length === 0) return new Map();
    const sorted = [...indexes].sort((a, b) => a - b);
    const segments = await this.segmentsOf(sorted[0] as number, (sorted.at(-1) as number) + 1);
    const rows = await this.database.query(
      'select index, sealed from content where segment = any($1) and index = any($2)',
      [segments, sorted],
    );
    return new Map(rows.map(({ index, sealed }) => [Number(index), sealed as Buffer]));
  }

  /** Content that was too large for its event, sealed, by its name; null where the ledger hasn't it (yet). */
  async kept(name: string): Promise<Buffer | null> {
    const rows = await this.database.query(
      `select c.sealed from kept_body k join content c on c.segment = k.segment and c.index = k.index where k.name = $1`,
      [name],
    );
    return (rows[0]?.sealed as Buffer | undefined) ?? null;
  }

  /** Number of entries in the tree. */
  async size(): Promise<number> {
    const rows = await this.database.query('select range from writer_state', []);
    return CompactRange.decode(rows[0]?.range as Buffer).size;
  }

  /** Reads tree nodes: one query for a proof. */
  readonly nodes: NodeReader = async (refs) => {
    if (refs.length === 0) return [];
    const rows = await this.database.query(
      `select substr(r.hashes, ((q.index - r.first_index) * ${hashBytes})::int + 1, ${hashBytes}) as hash
       from unnest($1::int2[], $2::int8[]) with ordinality as q(level, index, place)
       cross join lateral (select first_index, hashes from node_run
         where level = q.level and first_index <= q.index order by first_index desc limit 1) r
       order by q.place`,
      [refs.map(({ level }) => level), refs.map(({ index }) => index)],
    );
    if (rows.length !== refs.length || rows.some(({ hash }) => (hash as Buffer).length !== hashBytes)) {
      throw new RangeError('audit: the tree has no such node');
    }
    return rows.map(({ hash }) => hash as Buffer);
  };

  private async segmentsOf(from: number, to: number): Promise<number[]> {
    const rows = await this.database.query(
      `select id from (select id, first_index, lead(first_index) over (order by id) as next from segment) s
       where first_index < $2 and (next is null or next > $1)`,
      [from, to],
    );
    return rows.map(({ id }) => Number(id));
  }
}

function storedOf(row: Record<string, unknown>): StoredEntry {
  const bytes = Number(row.sealed_bytes);
  return {
    index: Number(row.index),
    log: Number(row.log),
    openings: row.openings as Buffer | null,
    contentIndex: row.content_index === null ? null : Number(row.content_index),
    entry: {
      kind: Number(row.kind) === 0 ? 'event' : 'gap',
      logId: row.name as string,
      sequence: Number(row.sequence),
      atMs: Number(row.at),
      subject: row.subject as string,
      messageId: row.message_id as string,
      head: row.head as Buffer,
      personal: decodeCommitments(row.personal as Buffer | null),
      sealed: { bytes, digest: (row.sealed_digest as Buffer | null) ?? emptyDigest },
    },
  };
}

/** Opens an entry's personal values as far as they weren't erased. */
export function openPersonal(
  vault: Pick<PersonalVault, 'open'>,
  stored: StoredEntry,
): Promise<(PersonalOpening | null)[]> {
  const { logId, sequence, personal } = stored.entry;
  return vault.open({ logId, sequence }, personal.length, stored.openings);
}

/** An entry as readers see it, with the personal values that are left put back. Null for a recorded gap. */
export function factOf(stored: StoredEntry, openings: readonly (PersonalOpening | null)[]): Fact | null {
  const { kind, sequence, atMs, subject, personal, head } = stored.entry;
  if (kind === 'gap') return null;
  const parts = openings.flatMap((opening, i) =>
    opening === null ? [] : [{ path: (personal[i] as PersonalCommitment).path, value: opening.value }],
  );
  const isReadable = Buffer.from(head).toString('utf8') !== unreadable;
  const whole = isReadable ? (joinHead(head, parts) as Record<string, unknown>) : null;
  const name = eventNameOf(subject);
  return {
    ...{ index: stored.index, log: stored.log, sequence, atMs, subject, name, head: whole },
    requestId: requestIdOf({ name, head: whole }),
    owners: new Map(personal.map(({ path, ownerKey }) => [path, ownerKey])),
  };
}

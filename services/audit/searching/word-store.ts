import type { DataSource } from 'typeorm';
import { asMissingDependency } from '#database';
import type { Queryable } from '../entries/entry-reader.ts';

/** The words of one request, of its events from `first_index` on. */
export interface WordRow {
  /** The request id as a UUID. */
  id: string;
  subject_key: string;
  first_index: number;
  /** The newest event among those: an erasure that was recorded later covers it. */
  last_index: number;
  words: string[];
}

/** What moves through the ledger: `next_index` follows it, `again_next` reads once more what is older than pairs. */
export type WordCursor = 'next_index' | 'again_next';

/** The first entries that each has not read, and where reading once more ends. */
export async function indexedTo(
  database: Queryable,
): Promise<Record<WordCursor, number> & { again_to: number }> {
  const [row] = await database.query('select next_index, again_next, again_to from word_cursor', []);
  const { next_index = 0, again_next = 0, again_to = 0 } = row ?? {};
  return { next_index: Number(next_index), again_next: Number(again_next), again_to: Number(again_to) };
}

/**
 * Adds words and moves the cursor, in one short transaction. Whoever removes words waits for it at the cursor's row, so
 * what is erased or dropped meanwhile isn't added. Does nothing where the cursor was moved by somebody else.
 */
export async function addWordRows(
  source: DataSource,
  { cursor, from, to }: { cursor: WordCursor; from: number; to: number },
  rows: readonly WordRow[],
): Promise<boolean> {
  try {
    return await source.transaction('READ COMMITTED', async (client) => {
      const [row] = await client.query(`select ${cursor} as next from word_cursor for update`);
      if (Number(row?.next) !== from) return false;
      if (rows.length > 0) await client.query(insert, parametersOf(rows));
      await client.query(`update word_cursor set ${cursor} = $1`, [to]);
      return true;
    });
  } catch (error) {
    throw asMissingDependency(error);
  }
}

/** All words go as one array, of which each row has a stretch: what the database reads fastest. */
function parametersOf(rows: readonly WordRow[]): unknown[] {
  let end = 0;
  const ends = rows.map(({ words }) => {
    end += words.length;
    return end;
  });
  return [
    rows.map(({ id }) => id),
    rows.map(({ subject_key }) => subject_key),
    rows.map(({ first_index }) => first_index),
    rows.map(({ last_index }) => last_index),
    rows.map(({ words }, i) => (ends[i] as number) - words.length + 1),
    ends,
    `{${rows
      .map(({ words }) => words.join(','))
      .filter((list) => list !== '')
      .join(',')}}`,
  ];
}

const insert = `insert into session_words (id, subject_key, first_index, words)
  select w.id, w.subject_key, w.first_index, a.words[w.head:w.tail]
  from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::int[], $6::int[])
      as w(id, subject_key, first_index, last_index, head, tail),
    (select $7::bigint[] as words) a
  where not exists (select from erasure e where e.subject_key = w.subject_key and e.index > w.last_index)
    and not exists (select from (select first_index, content_dropped_at, lead(first_index) over (order by id) as next
      from segment) s where s.content_dropped_at is not null and w.last_index >= s.first_index
      and w.last_index < s.next)
  on conflict (id) do update set
    words = (select array_agg(distinct v) from unnest(session_words.words || excluded.words) v)`;

/** Anything that runs a statement on one connection. */
interface Connection {
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

/** Removes a person's words, after what is being added now. */
export async function removeWordsOf(client: Connection, subjectKey: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query('select next_index from word_cursor for update');
    await client.query('delete from session_words where subject_key = $1', [subjectKey]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** Removes the words of requests whose content begins in a segment that is dropped; inside of a transaction. */
export async function removeWordsWithin(client: Connection, from: number, to: number): Promise<void> {
  await client.query('select next_index from word_cursor for update');
  await client.query('delete from session_words where first_index >= $1 and first_index < $2', [from, to]);
}

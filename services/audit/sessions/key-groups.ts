import type pg from 'pg';
import { EntryReader, factOf, openPersonal } from '../entries/entry-reader.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { facetOf } from './facets.ts';
import { object, texts } from './views.ts';

const pageRows = 500;

interface Row {
  id: string;
  first: string;
}

/** The groups that each session's first event names; none where the person was erased. */
export async function groupsOf(
  entries: EntryReader,
  vault: PersonalVault,
  rows: readonly { first: string }[],
): Promise<string[][]> {
  const found = await entries.at(rows.map(({ first }) => Number(first)));
  const stored = new Map(found.map((one) => [one.index, one]));
  return Promise.all(
    rows.map(async ({ first }) => {
      const one = stored.get(Number(first));
      const fact = one && factOf(one, await openPersonal(vault, one));
      return texts(object(object(fact?.head?.context).principal).groups);
    }),
  );
}

/**
 * Gives sessions that were indexed by plain names of groups keyed ones. Runs in the writer, a page at a time, behind
 * the events.
 */
export class GroupKeying {
  private readonly entries: EntryReader;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly vault: PersonalVault,
  ) {
    this.entries = new EntryReader({ query: async (sql, values) => (await client.query(sql, values)).rows });
  }

  /** Does the next page. False where none is left. */
  async next(): Promise<boolean> {
    const { rows } = await this.client.query<Row>(
      `select id, indexes[1] as first from session where not has_keyed_groups order by id limit ${pageRows}`,
    );
    if (rows.length === 0) return false;
    const groups = await groupsOf(this.entries, this.vault, rows);
    const changes = rows.map(({ id }, i) => {
      const names = groups[i] ?? [];
      const gone = names.map((group) => facetOf('group', group));
      const added = names.map((group) => facetOf('group', this.vault.owners.ofGroup(group)));
      return { id, gone, added };
    });
    await this.client.query(
      `update session set has_keyed_groups = true, facets = coalesce((
         select array_agg(distinct f) from unnest(facets || g.added) f where f <> all (g.gone)), '{}')
       from (select (value ->> 'id')::uuid as id,
               array(select jsonb_array_elements_text(value -> 'gone'))::bigint[] as gone,
               array(select jsonb_array_elements_text(value -> 'added'))::bigint[] as added
             from jsonb_array_elements($1::jsonb)) g
       where session.id = g.id`,
      [JSON.stringify(changes)],
    );
    return true;
  }
}

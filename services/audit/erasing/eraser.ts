import type pg from 'pg';
import type { Bus } from '#messaging';
import { destroyKeys } from '#sealing';
import { EntryReader, type Queryable } from '../entries/entry-reader.ts';
import { whileNoHoldComes } from '../holding/hold-lock.ts';
import { LegalHolds } from '../holding/legal-holds.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { removeWordsOf } from '../searching/word-store.ts';
import { facetOf } from '../sessions/facets.ts';
import { groupsOf } from '../sessions/key-groups.ts';
import type { Forgotten } from './forgotten.ts';
import { destroyStored } from './stored-values.ts';

const pageRows = 500;

interface Row {
  id: string;
  first: string;
  client: string | null;
  conversation: string | null;
}

/**
 * Carries out the erasures that the ledger records: takes the person out of the index, then destroys the data key.
 * Runs in the writer, behind the event, so nothing older can bring a new key about; what fails is tried again.
 */
export class Eraser {
  private readonly database: Queryable;
  private readonly entries: EntryReader;
  private readonly holds: LegalHolds;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly bus: Bus,
    private readonly vault: PersonalVault,
    private readonly forgotten: Forgotten,
  ) {
    this.database = { query: async (sql, values) => (await client.query(sql, values)).rows };
    this.entries = new EntryReader(this.database);
    this.holds = new LegalHolds(this.database, vault.sealer);
  }

  /**
   * Carries out what is not done yet of entries below `signed`, which a checkpoint covers. Gives how many are left, by a
   * legal hold most often. Throws `MissingDependencyError` where the broker is away.
   */
  async run(nowMs: number, signed: number): Promise<number> {
    let left = 0;
    const { rows } = await this.client.query<{ index: string; subject_key: string }>(
      'select index, subject_key from erasure where done_at is null order by index',
    );
    for (const { index, subject_key: subjectKey } of rows) {
      const carryOut = () => this.erase(Number(index), subjectKey, nowMs);
      if (Number(index) >= signed || !(await whileNoHoldComes(this.client, carryOut))) left += 1;
    }
    return left;
  }

  /** False where a legal hold keeps the person. */
  private async erase(index: number, subjectKey: string, nowMs: number): Promise<boolean> {
    if ((await this.holds.on(subjectKey)).length > 0) return false;
    await destroyStored(this.bus, this.database, subjectKey);
    await this.forget(subjectKey);
    await destroyKeys(this.bus, subjectKey);
    this.vault.sealer.forget(subjectKey);
    // Not the time of the round: a request that came meanwhile was sealed with the key that is gone.
    const doneAtMs = Math.max(nowMs, Date.now());
    await this.client.query('update erasure set done_at = $2 where index = $1', [index, doneAtMs]);
    this.forgotten.add(subjectKey, doneAtMs);
    return true;
  }

  private async forgetDecisions(approver: string): Promise<void> {
    const sql = `update session set facets = array_remove(facets, $1::bigint) where id in (
      select id from session where facets @> array[$1::bigint] limit ${pageRows})`;
    while ((await this.client.query(sql, [approver])).rowCount !== 0);
  }

  /**
   * Takes a person out of the sessions: who they were, their groups, their client, their conversations, their words, and
   * what they decided about others.
   */
  private async forget(subjectKey: string): Promise<void> {
    await removeWordsOf(this.client, subjectKey);
    await this.forgetDecisions(facetOf('approver', subjectKey));
    const user = facetOf('user', subjectKey);
    for (;;) {
      const { rows } = await this.client.query<Row>(
        `select id, indexes[1] as first, client, conversation from session
         where facets @> array[$1::bigint] limit ${pageRows}`,
        [user],
      );
      if (rows.length === 0) return;
      const groups = await groupsOf(this.entries, this.vault, rows);
      const gone = rows.map(({ client, conversation }, i) => [
        user,
        ...(client === null ? [] : [facetOf('client', client)]),
        ...(conversation === null ? [] : [facetOf('conversation', conversation)]),
        ...(groups[i] ?? []).flatMap((group) => [
          facetOf('group', this.vault.owners.ofGroup(group)),
          // As an older version wrote it.
          facetOf('group', group),
        ]),
      ]);
      await this.client.query(
        `update session set subject_key = null, client = null, conversation = null,
           facets = coalesce((select array_agg(f) from unnest(facets) f where f <> all (g.gone)), '{}')
         from (select (value ->> 'id')::uuid as id,
                 array(select jsonb_array_elements_text(value -> 'gone'))::bigint[] as gone
               from jsonb_array_elements($1::jsonb)) g
         where session.id = g.id`,
        [JSON.stringify(rows.map(({ id }, i) => ({ id, gone: gone[i] })))],
      );
    }
  }
}

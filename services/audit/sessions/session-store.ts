import {
  type EntryReader,
  factOf,
  openPersonal,
  type Queryable,
  type StoredEntry,
} from '../entries/entry-reader.ts';
import type { Fact } from '../entries/facts.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import type { SessionFilter } from './session-query.ts';
import { requestIdOfUuid, type SessionRow, uuidOf } from './session-row.ts';

const columns = `id, subject_key, indexes, received_at, completed_at, outcome, status, code, connection, model,
  operation, rules, revision, conversation, client, held, edited, prompt_tokens, completion_tokens, facets::text[]`;

/** An event of a session with its stored entry. */
export interface RecordedFact {
  fact: Fact;
  stored: StoredEntry;
}

/** Reads sessions and the entries they are made of. */
export class SessionStore {
  constructor(
    private readonly database: Queryable,
    private readonly entries: EntryReader,
    private readonly vault: PersonalVault,
  ) {}

  /** One page, newest first, and one row more where there is a next page. */
  async page(filter: SessionFilter, limit: number): Promise<SessionRow[]> {
    const rows = await this.database.query(
      `select ${columns} from session where ${filter.where} order by id desc limit ${limit + 1}`,
      filter.parameters,
    );
    return rows.map(rowOf);
  }

  async find(requestId: string): Promise<SessionRow | null> {
    const rows = await this.database.query(`select ${columns} from session where id = $1::uuid`, [
      uuidOf(requestId),
    ]);
    return rows[0] === undefined ? null : rowOf(rows[0]);
  }

  /** The events of a session in the ledger's order, with what is left of their personal values. */
  facts(row: SessionRow): Promise<RecordedFact[]> {
    return this.read(row.indexes);
  }

  /** Single events, of whatever sessions, by where they stand. */
  async factsAt(indexes: readonly number[]): Promise<Map<number, RecordedFact>> {
    const found = await this.read(indexes);
    return new Map(found.map((one) => [one.fact.index, one]));
  }

  private async read(indexes: readonly number[]): Promise<RecordedFact[]> {
    const stored = await this.entries.at(indexes);
    const facts = await Promise.all(
      stored.map(async (one) => ({ stored: one, fact: factOf(one, await openPersonal(this.vault, one)) })),
    );
    return facts.filter((one): one is RecordedFact => one.fact !== null);
  }

  /** The first event of each row, which names the requester. */
  async firstFacts(rows: readonly SessionRow[]): Promise<Map<string, Fact>> {
    const firsts = rows.map(({ indexes }) => indexes[0] as number);
    const stored = new Map((await this.entries.at(firsts)).map((one) => [one.index, one]));
    const found = await Promise.all(
      rows.map(async (row) => {
        const one = stored.get(row.indexes[0] as number);
        const fact = one && factOf(one, await openPersonal(this.vault, one));
        return fact ? ([[row.id, fact]] as const) : [];
      }),
    );
    return new Map(found.flat());
  }
}

function rowOf(row: Record<string, unknown>): SessionRow {
  const numbers = (value: unknown) => (value as (string | number)[]).map(Number).sort((a, b) => a - b);
  const number = (value: unknown) => (value === null ? null : Number(value));
  return {
    ...(row as unknown as SessionRow),
    id: requestIdOfUuid(row.id as string),
    indexes: numbers(row.indexes),
    received_at: number(row.received_at),
    completed_at: number(row.completed_at),
  };
}

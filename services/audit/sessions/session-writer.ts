import type pg from 'pg';
import { type Fact, requestIdOf } from '../facts.ts';
import type { Owners } from '../owners.ts';
import { project } from './project.ts';
import { emptySession, type SessionRow, uuidOf } from './session-row.ts';

/** Sessions are written when so many events wait, … */
const flushEvents = 6000;
/** … or so long after the first of them, ms. Most requests are over by then and are written once. */
const flushMs = 400;

/**
 * Keeps the table `session` up with the ledger: a cursor of its own that follows the writer from memory, so a request
 * whose events come close together costs one insert.
 */
export class SessionWriter {
  private rows = new Map<string, SessionRow>();
  private count = 0;
  private since = 0;
  private next: number;

  /** `projected`: entries below are in the table. */
  constructor(
    private readonly owners: Owners,
    projected: number,
  ) {
    this.next = projected;
  }

  /** Takes recorded events, in order, that follow on what it has. */
  collect(facts: readonly Fact[], nextIndex: number, nowMs: number): void {
    if (this.next === nextIndex) return;
    if (this.count === 0) this.since = nowMs;
    for (const fact of facts) {
      const requestId = requestIdOf(fact);
      if (requestId === null || fact.head?.gate === 'change') continue;
      let row = this.rows.get(requestId);
      if (row === undefined) {
        row = emptySession(uuidOf(requestId));
        this.rows.set(requestId, row);
      }
      project(row, fact, this.owners);
    }
    this.count += facts.length + 1;
    this.next = nextIndex;
  }

  isDue(nowMs: number): boolean {
    return this.count > 0 && (this.count >= flushEvents || nowMs - this.since >= flushMs);
  }

  /** Writes what was collected, with the position it reaches to, in one statement. */
  async flush(client: pg.ClientBase): Promise<void> {
    const rows = [...this.rows.values()];
    this.rows = new Map();
    this.count = 0;
    await client.query({ ...upsert, values: [JSON.stringify(rows), this.next] });
  }
}

const columns = [
  ...['subject_key', 'received_at', 'completed_at', 'outcome', 'status', 'code', 'connection', 'model'],
  ...['operation', 'revision', 'conversation', 'client', 'prompt_tokens', 'completion_tokens'],
] as const;

/** A completed request keeps its first outcome and what came with it. */
const kept = new Set(['outcome', 'status', 'code', 'completed_at', 'received_at', 'operation', 'client']);
const merged = columns.map((name) =>
  kept.has(name)
    ? `${name} = coalesce(session.${name}, excluded.${name})`
    : `${name} = coalesce(excluded.${name}, session.${name})`,
);
const all = ['id', ...columns, 'indexes', 'rules', 'held', 'edited', 'facets'].join(', ');

const upsert = {
  name: 'audit-upsert-sessions',
  text: `with moved as (update writer_state set projected = $2)
    insert into session (${all}, has_keyed_groups) select ${all}, true from jsonb_to_recordset($1::jsonb) as s(
      id uuid, subject_key text, received_at bigint, completed_at bigint, outcome text, status int, code text,
      connection text, model text, operation text, revision text, conversation text, client text,
      prompt_tokens int, completion_tokens int, indexes bigint[], rules text[], held boolean, edited boolean,
      facets bigint[])
    on conflict (id) do update set ${merged.join(', ')},
      indexes = (select array_agg(distinct v order by v) from unnest(session.indexes || excluded.indexes) v),
      rules = coalesce((select array_agg(distinct v order by v) from unnest(session.rules || excluded.rules) v), '{}'),
      held = session.held or excluded.held, edited = session.edited or excluded.edited,
      facets = coalesce((select array_agg(distinct v order by v) from unnest(session.facets || excluded.facets) v), '{}')`,
};

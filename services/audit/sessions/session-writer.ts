import type pg from 'pg';
import { configActivated } from '#contracts';
import type { Fact } from '../entries/facts.ts';
import type { Forgotten } from '../erasing/forgotten.ts';
import type { Owners } from '../personal/owners.ts';
import { CopyBuffer, copyIn } from '../storing/copy-buffer.ts';
import { addSessionRow, copiedColumns } from './copy-session.ts';
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
  /** Requests that were received since the last time: almost certainly the table doesn't have them. */
  private fresh = new Map<string, SessionRow>();
  private others = new Map<string, SessionRow>();
  private readonly copied = new CopyBuffer();
  /** Where revisions came into force. */
  private activations: number[] = [];
  private count = 0;
  private since = 0;
  private next: number;

  /** `projected`: entries below are in the table. */
  constructor(
    private readonly owners: Owners,
    projected: number,
    private readonly forgotten: Pick<Forgotten, 'without'>,
  ) {
    this.next = projected;
  }

  /** Takes recorded events, in order, that follow on what it has. */
  collect(facts: readonly Fact[], nextIndex: number, nowMs: number): void {
    if (this.next === nextIndex) return;
    if (this.count === 0) this.since = nowMs;
    for (const fact of facts) {
      const { requestId } = fact;
      if (fact.name === configActivated.name) this.activations.push(fact.index);
      if (requestId === null || fact.head?.gate === 'change') continue;
      let row = this.fresh.get(requestId) ?? this.others.get(requestId);
      if (row === undefined) {
        row = emptySession(uuidOf(requestId));
        (fact.name === 'request.received' ? this.fresh : this.others).set(requestId, row);
      }
      project(row, this.forgotten.without(fact), this.owners);
    }
    this.count += facts.length + 1;
    this.next = nextIndex;
  }

  isDue(nowMs: number): boolean {
    return this.count > 0 && (this.count >= flushEvents || nowMs - this.since >= flushMs);
  }

  /** Writes what was collected, with the position it reaches to, at once. */
  async flush(client: pg.Client): Promise<void> {
    const { fresh, others, next, activations } = this;
    if (activations.length > 0) {
      await client.query('insert into activation select unnest($1::bigint[]) on conflict do nothing', [
        activations,
      ]);
      this.activations = [];
    }
    this.fresh = new Map();
    this.others = new Map();
    this.count = 0;
    if (fresh.size > 0 && (await this.insert(client, fresh, others, next))) return;
    await client.query({ ...upsert, values: [asJson(fresh, others), next] });
  }

  /** Copying costs the database a third of an upsert. False where the table has one of the new requests already. */
  private async insert(client: pg.Client, fresh: Rows, others: Rows, next: number): Promise<boolean> {
    this.copied.clear();
    for (const row of fresh.values()) addSessionRow(this.copied, row);
    try {
      await copyIn(client, `begin; copy session (${copiedColumns}) from stdin binary`, this.copied);
    } catch (error) {
      if ((error as { code?: unknown }).code !== uniqueViolation) throw error;
      await client.query('rollback');
      return false;
    }
    await client.query({ ...upsert, values: [asJson(others), next] });
    await client.query('commit');
    return true;
  }
}

type Rows = ReadonlyMap<string, SessionRow>;

const uniqueViolation = '23505';
const asJson = (...rows: Rows[]): string => JSON.stringify(rows.flatMap((some) => [...some.values()]));

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
    insert into session (${all}, has_keyed_groups) select ${all}, true from json_to_recordset($1::json) as s(
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

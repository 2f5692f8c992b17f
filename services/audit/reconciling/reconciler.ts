import type pg from 'pg';
import {
  decodeReconciliation,
  encodeReconciliation,
  type Finding,
  overdueRequests,
  type Reconciliation,
  reconcile,
} from '#ledger';
import type { Fact } from '../entries/facts.ts';
import { reconcileEventOf } from './reconcile-event.ts';

/** Completed requests are remembered, but at most so many. */
const maxClosed = 100_000;
/** A request is overdue so long after it came, where nothing holds it, … */
const callMs = 15 * 60_000 + 60 * 60_000;
/** … and so long after its last hold expired. */
const graceMs = 60 * 60_000;
const snapshotMs = 10_000;
const overdueEveryMs = 30_000;

/** Follows the ledger and finds what should be in it and isn't: completeness, where the tree shows integrity. */
export class Reconciler {
  private readonly state: Reconciliation;
  private findings: Finding[] = [];
  private readonly overdue = new Set<string>();
  private next: number;
  private savedAt = 0;
  private lookedAt = 0;

  /** Continues from a snapshot; entries below `reconciled` went into it. */
  constructor(snapshot: string, reconciled: number) {
    this.state = decodeReconciliation(snapshot);
    this.next = reconciled;
  }

  /** Requests under way. */
  get open(): number {
    return this.state.open.size;
  }

  collect(facts: readonly Fact[], nextIndex: number): void {
    for (const fact of facts) {
      const event = reconcileEventOf(fact);
      if (event === null) continue;
      this.findings.push(...reconcile(this.state, event));
      if (event.type === 'completed') this.overdue.delete(event.requestId);
    }
    this.next = nextIndex;
    for (const requestId of this.state.closed.keys()) {
      if (this.state.closed.size <= maxClosed) break;
      this.state.closed.delete(requestId);
    }
  }

  /** Looks for requests that should be over; now and then. */
  look(nowMs: number): void {
    if (nowMs - this.lookedAt < overdueEveryMs) return;
    this.lookedAt = nowMs;
    for (const finding of overdueRequests(this.state, nowMs, { callMs, graceMs })) {
      if (this.overdue.has(finding.requestId)) continue;
      this.overdue.add(finding.requestId);
      this.findings.push(finding);
    }
  }

  isDue(nowMs: number): boolean {
    return this.findings.length > 0 || nowMs - this.savedAt >= snapshotMs;
  }

  /** Writes findings and snapshot together. Returns what was new. */
  async flush(client: pg.ClientBase, nowMs: number): Promise<number> {
    const findings = this.findings;
    const snapshot = { open: this.state.open, closed: new Map([...this.state.closed].slice(-10_000)) };
    const { rows } = await client.query<{ added: string }>({
      ...saveFindings,
      values: [JSON.stringify(findings), nowMs, encodeReconciliation(snapshot), this.next],
    });
    this.findings = [];
    this.savedAt = nowMs;
    return Number(rows[0]?.added ?? 0);
  }
}

const saveFindings = {
  name: 'audit-save-findings',
  text: `with moved as (update writer_state set reconciliation = $3, reconciled = $4),
    added as (insert into incident (kind, code, request_id, from_sequence, to_sequence, at)
      select 'finding', code, "requestId", sequence, sequence, $2
      from jsonb_to_recordset($1::jsonb) as f(code text, "requestId" text, sequence bigint)
      on conflict (request_id, code) where kind = 'finding' do nothing returning 1)
    select count(*) as added from added`,
};

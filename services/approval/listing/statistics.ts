import { Injectable } from '@nestjs/common';
import type { ApprovalStats, Principal } from '#contracts';
import { UnitOfWork } from '#database';
import { type Reader, readsAll } from './access.ts';
import { personView } from './list.ts';

const windowMs = 30 * 86_400_000;
/** Who looks again and again, and everybody in the same groups, costs the database one look in so long. */
const freshMs = 5000;
const maxKept = 200;
/** The newest so many decisions and votes of the window are looked at. */
const mostCounted = 20_000;
const maxRules = 500;
/** From so many decisions on, a rule that is always approved is worth a word. */
const suggestFrom = 20;

type RuleStats = ApprovalStats['rules'][number];

interface WaitingRow {
  rules: string[];
  count: number;
  oldest: Date;
}

interface DecidedRow {
  rule: string;
  decided: number;
  approved: number;
  p50: number;
  p95: number;
  quick: number;
}

interface ApproverRow {
  approver: Principal;
  votes: number;
  approved: number;
  p50: number;
  p95: number;
  quick: number;
}

/** How many wait, how long decisions take, and which rules people always approve. */
@Injectable()
export class Statistics {
  private readonly kept = new Map<string, { at: number; stats: Promise<ApprovalStats> }>();

  constructor(private readonly unit: UnitOfWork) {}

  /** At most a few seconds old. */
  read(reader: Reader, at: number): Promise<ApprovalStats> {
    const key = readsAll(reader) ? '*' : JSON.stringify([...reader.groups].sort());
    const found = this.kept.get(key);
    if (found && at - found.at < freshMs) return found.stats;
    if (this.kept.size >= maxKept) this.kept.clear();
    const stats = this.count(reader, at);
    this.kept.set(key, { at, stats });
    stats.catch(() => this.kept.delete(key));
    return stats;
  }

  private async count(reader: Reader, at: number): Promise<ApprovalStats> {
    const since = at - windowMs;
    const all = readsAll(reader);
    const seen = [all, [...reader.groups], new Date(since)];
    return this.unit.read(async (manager) => {
      const [waiting, decisions, approvers] = await Promise.all([
        manager.query<WaitingRow[]>(waitingQuery, seen.slice(0, 2)),
        manager.query<DecidedRow[]>(decidedQuery, seen),
        manager.query<ApproverRow[]>(approverQuery, seen),
      ]);
      const oldest = Math.min(...waiting.map((row) => row.oldest.getTime()));
      const rules = rulesOf(waiting, decisions, at);
      return {
        since,
        pending: waiting.reduce((sum, { count }) => sum + count, 0),
        oldestPendingMs: waiting.length > 0 ? at - oldest : null,
        rules,
        approvers: approvers.map(({ approver, votes, approved, p50, p95, quick }) => ({
          ...{ approver: personView(approver), votes, approved },
          ...{ p50Ms: p50, p95Ms: p95, underFiveSeconds: quick },
        })),
        suggestions: suggestionsOf(rules),
      };
    });
  }
}

/** Read from an index in its order: one group for each combination of rules. */
const waitingQuery = `
  select rules, count(*)::int as count, min(requested_at) as oldest from approval_request
  where state in ('pending', 'rechecking') and ($1 or groups && $2) group by rules`;

const decidedQuery = `
  with newest as (
    select rules, state, extract(epoch from decided_at - requested_at) * 1000 as took
    from approval_request
    where decided_at >= $3 and decided_at is not null and ($1 or groups && $2)
    order by decided_at desc limit ${mostCounted}
  )
  select rule, count(*)::int as decided,
    (count(*) filter (where state in ('approved', 'running', 'done', 'failed', 'revoked', 'stopped')))::int
      as approved,
    percentile_cont(0.5) within group (order by took) as p50,
    percentile_cont(0.95) within group (order by took) as p95,
    avg((took < 5000)::int)::float as quick
  from newest, unnest(rules) as rule group by rule order by decided desc, rule limit ${maxRules}`;

const approverQuery = `
  with newest as (
    select vote.approval_id, vote.approver, vote.issuer, vote.subject, vote.vote, vote.at
    from approval_vote vote
    where vote.at >= $3 and ($1 or exists (
      select 1 from approval_request request where request.id = vote.approval_id and request.groups && $2))
    order by vote.at desc limit ${mostCounted}
  ), timed as (
    select newest.*, greatest(0, extract(epoch from newest.at - request.requested_at) * 1000) as took
    from newest join approval_request request on request.id = newest.approval_id
  )
  select (array_agg(approver order by at desc))[1] as approver, count(*)::int as votes,
    (count(*) filter (where vote = 'approve'))::int as approved,
    percentile_cont(0.5) within group (order by took) as p50,
    percentile_cont(0.95) within group (order by took) as p95,
    avg((took < 5000)::int)::float as quick
  from timed group by issuer, subject order by votes desc limit 500`;

/** Pure: what waits and what was decided, rule by rule; those with most decisions first. */
export function rulesOf(
  waiting: readonly WaitingRow[],
  decisions: readonly DecidedRow[],
  at: number,
): RuleStats[] {
  const byRule = new Map<string, RuleStats>();
  for (const { rule, decided, approved, p50, p95, quick } of decisions) {
    const figures = { p50Ms: p50, p95Ms: p95, underFiveSeconds: quick };
    byRule.set(rule, { rule, pending: 0, oldestPendingMs: null, decided, approved, ...figures });
  }
  const none = { oldestPendingMs: null, decided: 0, approved: 0, p50Ms: null, p95Ms: null };
  for (const { rules, count, oldest } of waiting) {
    const waitsMs = Math.max(0, at - oldest.getTime());
    for (const rule of rules) {
      const known = byRule.get(rule) ?? { rule, pending: 0, ...none, underFiveSeconds: null };
      const oldestPendingMs = Math.max(known.oldestPendingMs ?? 0, waitsMs);
      byRule.set(rule, { ...known, pending: known.pending + count, oldestPendingMs });
    }
  }
  const order = (a: RuleStats, b: RuleStats) => b.decided - a.decided || (a.rule < b.rule ? -1 : 1);
  return [...byRule.values()].sort(order).slice(0, maxRules);
}

/** Pure: rules whose holds people always approve. */
export function suggestionsOf(rules: readonly Pick<RuleStats, 'rule' | 'decided' | 'approved'>[]): string[] {
  return rules
    .filter(({ decided, approved }) => decided >= suggestFrom && approved === decided)
    .map(
      ({ rule, decided, approved }) =>
        `Rule ${rule}: ${approved} of ${decided} approved in 30 d. Consider allowing it, or asking for less.`,
    );
}

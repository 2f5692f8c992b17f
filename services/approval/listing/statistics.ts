import { Injectable } from '@nestjs/common';
import type { ApprovalStats, Principal } from '#contracts';
import { UnitOfWork } from '#database';
import { type Reader, readsAll } from './access.ts';
import { personView } from './list.ts';

const windowMs = 30 * 86_400_000;
/** Who looks again and again, and everybody in the same groups, costs the database one look in so long. */
const freshMs = 5000;
const maxKept = 200;
/** From so many decisions on, a rule that is always approved is worth a word. */
const suggestFrom = 20;

interface RuleRow {
  rule: string;
  pending: number;
  decided: number;
  approved: number;
  p50: number | null;
  p95: number | null;
  quick: number | null;
}

/** How many wait, how long decisions take, and which rules people always approve. */
@Injectable()
export class Statistics {
  private readonly kept = new Map<string, { at: number; stats: Promise<ApprovalStats> }>();

  constructor(private readonly unit: UnitOfWork) {}

  /** At most a few seconds old: with 100,000 pending they take a look at every row. */
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
      const [pending] = await manager.query(
        `select count(*)::int as count, min(requested_at) as oldest from approval_request
         where state in ('pending', 'rechecking') and ($1 or groups && $2)`,
        seen.slice(0, 2),
      );
      const rules: RuleRow[] = await manager.query(ruleQuery, seen);
      const approvers: { approver: Principal; votes: number; approved: number }[] = await manager.query(
        approverQuery,
        seen,
      );
      return {
        since,
        pending: pending.count,
        oldestPendingMs: pending.oldest ? at - pending.oldest.getTime() : null,
        rules: rules.map(({ rule, pending: waiting, decided, approved, p50, p95, quick }) => ({
          ...{ rule, pending: waiting, decided, approved, p50Ms: p50, p95Ms: p95, underFiveSeconds: quick },
        })),
        approvers: approvers.map(({ approver, ...counts }) => ({
          approver: personView(approver),
          ...counts,
        })),
        suggestions: suggestionsOf(rules),
      };
    });
  }
}

const ruleQuery = `
  with seen as (
    select unnest(rules) as rule, state,
      extract(epoch from decided_at - requested_at) * 1000 as took, decided_at is not null as decided,
      state in ('approved', 'running', 'done', 'failed', 'revoked', 'stopped') as approved
    from approval_request
    where (requested_at >= $3 or state in ('pending', 'rechecking')) and ($1 or groups && $2)
  )
  select rule,
    (count(*) filter (where state in ('pending', 'rechecking')))::int as pending,
    (count(*) filter (where decided))::int as decided,
    (count(*) filter (where decided and approved))::int as approved,
    percentile_cont(0.5) within group (order by took) filter (where decided) as p50,
    percentile_cont(0.95) within group (order by took) filter (where decided) as p95,
    avg((took < 5000)::int) filter (where decided)::float as quick
  from seen group by rule order by decided desc, rule limit 500`;

const approverQuery = `
  select (array_agg(vote.approver order by vote.at desc))[1] as approver, count(*)::int as votes,
    (count(*) filter (where vote.vote = 'approve'))::int as approved
  from approval_vote vote join approval_request request on request.id = vote.approval_id
  where vote.at >= $3 and ($1 or request.groups && $2)
  group by vote.issuer, vote.subject order by votes desc limit 500`;

/** Pure: rules whose holds people always approve. */
export function suggestionsOf(rules: readonly Pick<RuleRow, 'rule' | 'decided' | 'approved'>[]): string[] {
  return rules
    .filter(({ decided, approved }) => decided >= suggestFrom && approved === decided)
    .map(
      ({ rule, decided, approved }) =>
        `Rule ${rule}: ${approved} of ${decided} approved in 30 d. Consider allowing it, or asking for less.`,
    );
}

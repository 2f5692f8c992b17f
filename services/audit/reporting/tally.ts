import type { PersonView, ReportKind, ReportLine } from '#contracts';
import type { Fact } from '../entries/facts.ts';
import type { SessionRow } from '../sessions/session-row.ts';
import { number, object, text } from '../sessions/views.ts';

/** Lines of one report, at most. */
export const mostLines = 10_000;

interface Vote {
  readonly by: string;
  readonly gate: unknown;
  readonly isApproval: boolean;
  readonly tookMs: number | null;
  readonly index: number;
}

interface Line extends Omit<ReportLine, 'person' | 'decisionMs'> {
  readonly tookMs: number[];
  /** An event that names the person. */
  readonly named: number | null;
}

/** Adds requests up to a report. Pure. */
export class Tally {
  private readonly lines = new Map<string, Line>();
  requests = 0;

  constructor(private readonly by: ReportKind) {}

  /** Takes a request with its events. Throws `RangeError` where the report gets too long. */
  add(row: SessionRow, facts: readonly Fact[]): void {
    this.requests += 1;
    const votes = votesOf(facts);
    const masked = maskedOf(facts);
    for (const { key, named } of this.keysOf(row, votes)) {
      const line = this.lineOf(key, named);
      line.requests += 1;
      const outcome = (row.outcome ?? 'open') as keyof Line['outcomes'];
      line.outcomes[outcome] = (line.outcomes[outcome] ?? 0) + 1;
      line.held += row.held ? 1 : 0;
      line.promptTokens += row.prompt_tokens ?? 0;
      line.completionTokens += row.completion_tokens ?? 0;
      for (const [entity, count] of masked) line.masked[entity] = (line.masked[entity] ?? 0) + count;
      const counted = this.by === 'approver' ? votes.filter(({ by }) => by === key) : votes;
      for (const { isApproval } of counted) line[isApproval ? 'approvals' : 'rejections'] += 1;
      for (const gate of ['prompt', 'response']) {
        const last = counted.findLast((vote) => vote.gate === gate && vote.tookMs !== null)?.tookMs;
        if (last != null) line.tookMs.push(last);
      }
    }
  }

  /** The events that name the people of the lines. */
  get naming(): number[] {
    return [...this.lines.values()].flatMap(({ named }) => (named === null ? [] : [named]));
  }

  /** The lines, the most requests first. */
  result(personAt: (index: number) => PersonView | null): ReportLine[] {
    return [...this.lines.values()]
      .sort((a, b) => b.requests - a.requests || (a.key < b.key ? -1 : 1))
      .map(({ tookMs, named, ...line }) => ({
        ...line,
        person: named === null ? null : personAt(named),
        decisionMs: spreadOf(tookMs),
      }));
  }

  private keysOf(row: SessionRow, votes: readonly Vote[]): { key: string; named: number | null }[] {
    switch (this.by) {
      case 'user':
        return [
          { key: row.subject_key ?? '', named: row.subject_key === null ? null : (row.indexes[0] ?? null) },
        ];
      case 'connection':
        return [{ key: row.connection ?? '', named: null }];
      case 'rule':
        return row.rules.map((key) => ({ key, named: null }));
      case 'approver':
        return [...new Map(votes.map(({ by, index }) => [by, { key: by, named: index }])).values()];
    }
  }

  private lineOf(key: string, named: number | null): Line {
    const known = this.lines.get(key);
    if (known !== undefined) return known;
    if (this.lines.size >= mostLines) throw new RangeError('a report has too many lines');
    const line: Line = {
      ...{ key, named, requests: 0, outcomes: {}, held: 0, approvals: 0, rejections: 0 },
      ...{ promptTokens: 0, completionTokens: 0, masked: {}, tookMs: [] },
    };
    this.lines.set(key, line);
    return line;
  }
}

function votesOf(facts: readonly Fact[]): Vote[] {
  const askedAt = new Map<unknown, number>();
  for (const { name, head, atMs } of facts) {
    if (name === 'approval.requested' && !askedAt.has(head?.gate)) askedAt.set(head?.gate, atMs);
  }
  return facts.flatMap(({ name, head, owners, atMs, index }) => {
    if (name !== 'approval.decided' || head?.kind !== 'vote') return [];
    const asked = askedAt.get(head.gate);
    const tookMs = asked === undefined ? null : Math.max(0, number(head.at, atMs) - asked);
    return [
      {
        by: owners.get('/approver') ?? '',
        gate: head.gate,
        isApproval: head.vote === 'approve',
        tookMs,
        index,
      },
    ];
  });
}

/** What was masked in a request and its answer; of several endings the first counts. */
function maskedOf(facts: readonly Fact[]): [string, number][] {
  const findings = facts.find(({ name }) => name === 'request.completed')?.head?.findings;
  return (Array.isArray(findings) ? findings : []).flatMap((finding): [string, number][] => {
    const entity = text(object(finding).entity);
    return entity === null ? [] : [[entity, number(object(finding).count)]];
  });
}

function spreadOf(tookMs: readonly number[]): ReportLine['decisionMs'] {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  return { count: sorted.length, median: at(0.5), p95: at(0.95), longest: at(1) };
}

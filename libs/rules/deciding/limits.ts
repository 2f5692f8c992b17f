import { type Limit, type PolicyDocument, rateOf } from '#contracts';
import { compileScope } from '../compiling/compile-rule.ts';
import type { CompiledScope } from '../compiling/policy.ts';
import { GlobSet } from '../glob.ts';
import { type ScopeInput, scopeMismatch } from './scope.ts';

/** What limits look at of a request, before anything of its text is read. */
export interface LimitSubject extends ScopeInput {
  /** Null where the model leads to none: policy refuses such a request. */
  readonly connection: string | null;
  readonly upstreamModel: string | null;
  /** Names the person among all issuers. */
  readonly subjectKey: string;
}

/** One counter that a request falls under. */
export interface RateLimit {
  /** What is counted together, as text: the rule, the rate, and whose it is. */
  readonly counter: string;
  readonly rule: string;
  readonly unit: 'requests' | 'tokens';
  readonly count: number;
  readonly perMs: number;
}

interface LimitingRule {
  readonly name: string;
  readonly scope: CompiledScope;
  readonly groups: GlobSet | undefined;
  readonly limits: readonly (Limit & { readonly count: number; readonly perMs: number })[];
}

/** A document's limits. */
export interface CompiledLimits {
  readonly rules: readonly LimitingRule[];
  /** Whether a request's model or connection makes a difference. */
  readonly needsModel: boolean;
  readonly countsTokens: boolean;
}

/** The limits of a document's enforced rules; undefined where it has none. The document must compile. */
export function compileLimits({ rules }: PolicyDocument): CompiledLimits | undefined {
  const limiting = rules.flatMap(({ name, match, limits, mode }): LimitingRule[] => {
    if (limits === undefined || mode === 'shadow') return [];
    const rated = limits.map((limit) => ({ ...limit, ...rateOf(limit.requests ?? limit.tokens ?? '') }));
    const groups = match.groups && new GlobSet(match.groups);
    return [{ name, scope: compileScope(match, () => undefined), groups, limits: rated }];
  });
  if (limiting.length === 0) return undefined;
  const all = limiting.flatMap(({ limits }) => limits);
  return {
    rules: limiting,
    needsModel:
      limiting.some(({ scope }) => (scope.models ?? scope.connections) !== undefined) ||
      all.some(({ per }) => per === 'connection'),
    countsTokens: all.some(({ tokens }) => tokens !== undefined),
  };
}

/** Every counter that a request falls under: those of all rules whose scope it is in. */
export function limitsFor({ rules }: CompiledLimits, subject: LimitSubject): RateLimit[] {
  const found: RateLimit[] = [];
  const { connection, upstreamModel } = subject;
  for (const rule of rules) {
    const place = { input: subject, connection: connection ?? '', upstreamModel };
    if (scopeMismatch(rule.scope, place) !== undefined) continue;
    for (const { requests, count, perMs, per } of rule.limits) {
      const unit = requests === undefined ? 'tokens' : 'requests';
      for (const whose of countedPer(per, rule, subject)) {
        const counter = JSON.stringify([rule.name, unit, count, perMs, per, whose]);
        found.push({ counter, rule: rule.name, unit, count, perMs });
      }
    }
  }
  return found;
}

function countedPer(per: Limit['per'], { groups }: LimitingRule, subject: LimitSubject): readonly string[] {
  switch (per) {
    case 'principal':
      return [subject.subjectKey];
    case 'group':
      return subject.principal.groups.filter((group) => groups?.has(group) ?? true);
    case 'connection':
      return subject.connection === null ? [] : [subject.connection];
    case 'rule':
      return [''];
    default:
      return per satisfies never;
  }
}

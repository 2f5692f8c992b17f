import type { CompiledPolicy } from '../compiling/policy.ts';
import { type Applying, applyingRules, approvedThrough, type Listen } from './applying-rules.ts';
import { resolveConnection } from './connection.ts';
import type { AppliedRule, Decision, EvaluationInput, Explanation, RuleOutcome } from './decision.ts';
import { combineObligations, combineRequirements, limitsOf } from './obligations.ts';
import { checkRemoteUrls } from './remote-urls.ts';
import type { ScopeSubject } from './scope.ts';

/** Decides about a request. Pure: no clock, no randomness, nothing kept between calls. */
export function evaluate(policy: CompiledPolicy, input: EvaluationInput): Decision {
  return decide(policy, input, undefined).decision;
}

/** Decides, and says of every rule whether it applied and why. */
export function explain(policy: CompiledPolicy, input: EvaluationInput): Explanation {
  const mismatches = new Map<string, string>();
  const { decision, applying } = decide(policy, input, (rule, because) => mismatches.set(rule.name, because));
  const applied = new Map(applying.map((one) => [one.rule.name, one]));
  const rules = policy.rules.map(({ name, mode }): RuleOutcome => {
    const one = applied.get(name);
    if (one === undefined) {
      return {
        rule: name,
        outcome: 'not matched',
        because: mismatches.get(name) ?? decision.reasons.join(' '),
      };
    }
    return { rule: name, outcome: mode === 'shadow' ? 'shadow' : 'applied', because: whyApplied(one) };
  });
  return { decision, rules };
}

function whyApplied({ rule, matches, failure }: Applying): string {
  if (failure !== undefined) return failure;
  if (matches.length > 0) return [...new Set(matches.map(({ condition }) => condition))].join(', ');
  return rule.prompt === undefined
    ? 'everything it names fits'
    : 'content that cannot be read counts as matching';
}

function decide(
  policy: CompiledPolicy,
  input: EvaluationInput,
  listen: Listen,
): { decision: Decision; applying: readonly Applying[] } {
  const { model, protocol } = input;
  const resolved = resolveConnection(policy, { model, path: input.connection, protocol });
  if (resolved.kind === 'refused') {
    const { code, reason, connection } = resolved;
    return { decision: { ...refusal(code, reason), connection }, applying: [] };
  }
  const { connection, upstreamModel } = resolved;
  const settings = policy.connections.get(connection)!;
  const place = { connection, upstreamModel };
  const url = checkRemoteUrls(settings, input.remoteUrls);
  if (url !== undefined)
    return { decision: { ...refusal('request.remote_url', url), ...place }, applying: [] };
  if (settings.unreadable === 'deny' && input.unreadable.length > 0) {
    const reason = `The request holds content that rules can't read (${input.unreadable[0]!.kind}).`;
    return { decision: { ...refusal('policy.denied', reason), ...place }, applying: [] };
  }
  const subject: ScopeSubject = { input, connection, upstreamModel };
  const applying = applyingRules(policy, subject, settings.unreadable === 'hold', listen);
  const decision = combine(policy, input, applying);
  // Added to an object that nobody else has: spreading costs many times as much, once for every request.
  return { decision: Object.assign(decision, place), applying };
}

type Placeless = Omit<Decision, 'connection' | 'upstreamModel'>;

function refusal(code: NonNullable<Decision['code']>, reason: string): Placeless & { upstreamModel: null } {
  return {
    effect: 'deny',
    code,
    reasons: [reason],
    rules: [],
    obligations: {},
    limits: [],
    newSince: 0,
    upstreamModel: null,
  };
}

const strictest = { deny: 0, hold: 1, allow: 2 } as const;

function combine(policy: CompiledPolicy, input: EvaluationInput, applying: readonly Applying[]): Placeless {
  const enforced = applying.filter(({ rule }) => rule.mode === 'enforce');
  const rules = sorted(applying).map(applied);
  const failedAllow = enforced.find(({ rule, failure }) => failure !== undefined && rule.effect === 'allow');
  const denying = enforced.filter((one) => one.rule.effect === 'deny' || one === failedAllow);
  if (denying.length > 0) return { ...denial(reasonsOf(denying)), rules };
  const holding = enforced.filter(({ rule }) => rule.effect === 'hold');
  const governing = enforced.map(({ rule }) => rule);
  if (holding.length === 0 && governing.length === 0)
    return { ...denial(['No rule allows this request.']), rules };
  const duties = { obligations: combineObligations(policy, governing), limits: limitsOf(governing), rules };
  if (holding.length === 0) {
    const { obligations, limits } = duties;
    return { effect: 'allow', reasons: reasonsOf(enforced), obligations, limits, rules, newSince: 0 };
  }
  const requirement = combineRequirements(holding.map(({ rule }) => rule));
  if (requirement === undefined)
    return { ...denial(['A rule holds this request and names nobody to decide.']), rules };
  const newSince = Math.min(...holding.map(({ rule }) => approvedThrough(rule, input) + 1));
  return { effect: 'hold', reasons: reasonsOf(holding), requirement, newSince, ...duties };
}

function denial(reasons: readonly string[]): Placeless {
  return {
    effect: 'deny',
    code: 'policy.denied',
    reasons,
    rules: [],
    obligations: {},
    limits: [],
    newSince: 0,
  };
}

function sorted(applying: readonly Applying[]): readonly Applying[] {
  if (applying.length < 2) return applying;
  const rank = ({ rule }: Applying) => (rule.mode === 'shadow' ? 3 : 0) + strictest[rule.effect];
  return [...applying].sort((a, b) => rank(a) - rank(b) || a.rule.index - b.rule.index);
}

function applied({ rule, matches, failure }: Applying): AppliedRule {
  const { name, mode, effect, contentDigest } = rule;
  return { name, mode, effect, contentDigest, matches, ...(failure !== undefined && { failure }) };
}

function reasonsOf(applying: readonly Applying[]): string[] {
  return applying.map(({ rule, failure }) => {
    if (failure !== undefined) return `Rule "${rule.name}": ${failure}.`;
    return rule.reason ?? `Rule "${rule.name}" ${verbs[rule.effect]} it.`;
  });
}

const verbs = { allow: 'allows', deny: 'denies', hold: 'holds' } as const;

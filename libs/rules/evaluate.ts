import type { RuleMatch } from '#contracts';
import type { CelContext } from './cel.ts';
import { resolveConnection } from './connection.ts';
import type { AppliedRule, Decision, EvaluationInput, Explanation, RuleOutcome } from './decision.ts';
import { combineObligations, combineRequirements, limitsOf } from './obligations.ts';
import type { CompiledPolicy, CompiledRule } from './policy.ts';
import { searchTexts, type TextQuestion } from './prompt-search.ts';
import { checkRemoteUrls } from './remote-urls.ts';
import { type ScopeSubject, scopeMismatch } from './scope.ts';

/** A rule that applies, with what made it. */
interface Applying {
  readonly rule: CompiledRule;
  readonly matches: readonly RuleMatch[];
  readonly failure?: string;
}

/** Receives why a rule doesn't apply; only explanations listen. */
type Listen = ((rule: CompiledRule, because: string) => void) | undefined;

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
  return { decision: { ...combine(policy, input, applying), ...place }, applying };
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

function applyingRules(
  policy: CompiledPolicy,
  subject: ScopeSubject,
  unreadableMatches: boolean,
  listen: Listen,
): Applying[] {
  const candidates: { rule: CompiledRule; failure: string | undefined }[] = [];
  const context = lazyContext(subject);
  for (const rule of policy.rules) {
    const mismatch = scopeMismatch(rule.scope, subject);
    if (mismatch !== undefined) {
      listen?.(rule, mismatch);
      continue;
    }
    const tested = testExpressions(rule, context);
    if (tested.kind === 'no') listen?.(rule, tested.because);
    else candidates.push({ rule, failure: tested.kind === 'failed' ? tested.because : undefined });
  }
  return askTexts(policy, subject.input, candidates, unreadableMatches, listen);
}

type Tested =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no'; readonly because: string }
  | { readonly kind: 'failed'; readonly because: string };

const yes: Tested = { kind: 'yes' };

function testExpressions({ when, unless }: CompiledRule, context: () => CelContext): Tested {
  if (when === undefined && unless === undefined) return yes;
  let failed: Tested | undefined;
  for (const [name, test, wanted] of [
    ['when', when, true],
    ['unless', unless, false],
  ] as const) {
    if (test === undefined) continue;
    try {
      if (test(context()) !== wanted) return { kind: 'no', because: `${name} is ${!wanted}` };
    } catch (error) {
      const summary = (error as { summary?: string }).summary ?? 'it gives neither true nor false';
      failed = { kind: 'failed', because: `${name} can't be evaluated: ${summary}` };
    }
  }
  return failed ?? yes;
}

function askTexts(
  policy: CompiledPolicy,
  input: EvaluationInput,
  candidates: readonly { rule: CompiledRule; failure: string | undefined }[],
  unreadableMatches: boolean,
  listen: Listen,
): Applying[] {
  const questions: TextQuestion[] = [];
  for (const { rule } of candidates) {
    if (rule.prompt !== undefined) questions.push({ rule, approvedThrough: approvedThrough(rule, input) });
  }
  const found = questions.length === 0 ? undefined : searchTexts(policy, input, questions);
  const applying: Applying[] = [];
  for (const { rule, failure } of candidates) {
    const matches = found?.get(rule.index) ?? noMatches;
    const unread =
      rule.prompt !== undefined && rule.effect !== 'allow' && unreadableMatches
        ? unreadMatches(rule, input)
        : noMatches;
    if (rule.prompt !== undefined && matches.length === 0 && unread.length === 0) {
      listen?.(rule, 'nothing in the text matches');
      continue;
    }
    const all = unread.length === 0 ? matches : [...matches, ...unread];
    applying.push(failure === undefined ? { rule, matches: all } : { rule, matches: all, failure });
  }
  return applying;
}

const noMatches: readonly RuleMatch[] = [];

function approvedThrough(rule: CompiledRule, input: EvaluationInput): number {
  return rule.newOnly ? (input.approvedThroughTurn?.(rule.name, rule.contentDigest) ?? -1) : -1;
}

const unreadablesReported = 20;

function unreadMatches(rule: CompiledRule, input: EvaluationInput): RuleMatch[] {
  const approved = approvedThrough(rule, input);
  const unread = input.unreadable.filter(({ turn }) => turn === undefined || turn > approved);
  return unread.slice(0, unreadablesReported).map(({ pointer, kind }) => ({
    rule: rule.name,
    pointer,
    start: 0,
    end: 0,
    condition: `unreadable ${kind}`,
  }));
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
  if (holding.length === 0) return { effect: 'allow', reasons: reasonsOf(enforced), ...duties, newSince: 0 };
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
const listedLimit = 200;

function lazyContext({ input, connection, upstreamModel }: ScopeSubject): () => CelContext {
  let context: CelContext | undefined;
  return () => {
    context ??= {
      user: {
        kind: input.principal.kind,
        issuer: input.principal.issuer,
        subject: input.principal.subject,
        name: input.principal.name ?? '',
        email: input.principal.email ?? '',
        client: input.client ?? input.principal.client ?? '',
        groups: input.principal.groups,
        claims: input.claims ?? {},
      },
      request: {
        model: input.model ?? '',
        operation: input.operation,
        characters: BigInt(input.texts.reduce((sum, { text }) => sum + text.length, 0)),
        turns: BigInt(input.texts.reduce((most, { turn }) => Math.max(most, turn), 0)),
        unreadable: input.unreadable.slice(0, listedLimit).map(({ kind }) => kind),
        remoteUrls: input.remoteUrls.slice(0, listedLimit).map(({ url }) => url),
      },
      connection: { name: connection, upstreamModel: upstreamModel ?? '' },
      now: new Date(input.now),
    };
    return context;
  };
}

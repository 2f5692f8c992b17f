import type { RuleMatch } from '#contracts';
import type { CelContext } from '../compiling/cel.ts';
import type { CompiledPolicy, CompiledRule } from '../compiling/policy.ts';
import { lazyContext } from './cel-context.ts';
import type { EvaluationInput } from './decision.ts';
import { searchTexts, type TextQuestion } from './prompt-search.ts';
import { type ScopeSubject, scopeMismatch } from './scope.ts';

/** A rule that applies, with what made it. */
export interface Applying {
  readonly rule: CompiledRule;
  readonly matches: readonly RuleMatch[];
  readonly failure?: string;
}

/** Receives why a rule doesn't apply; only explanations listen. */
export type Listen = ((rule: CompiledRule, because: string) => void) | undefined;

/** The rules that apply to a request. `unreadableMatches`: what can't be read counts as matching. */
export function applyingRules(
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
    if (rule.prompt === undefined) continue;
    questions.push({
      asker: rule.index,
      rule: rule.name,
      conditions: rule.prompt,
      approvedThrough: approvedThrough(rule, input),
      failsClosed: rule.effect !== 'allow',
    });
  }
  const found = questions.length === 0 ? undefined : searchTexts(policy, input.texts, questions);
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

/** The last turn that people approved under a rule; -1 where it looks at every turn. */
export function approvedThrough(rule: CompiledRule, input: EvaluationInput): number {
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

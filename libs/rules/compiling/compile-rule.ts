import { type PolicyDocument, type Rule, type RuleScope, requirementOf } from '#contracts';
import { contentDigest } from '../content-digest.ts';
import { GlobSet } from '../glob.ts';
import { CelError, type CelTest, compileCel } from './cel.ts';
import { compilePattern, type LinearPattern } from './patterns.ts';
import type { CompiledDuties, CompiledRule, CompiledScope, TextConditions } from './policy.ts';
import { compileWindow } from './time-window.ts';

/** What is wrong with a document, and where: keys and indexes from its root. */
export interface DocumentFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type ReportFault = (path: readonly (string | number)[], message: string) => void;

/** Looks up a keyword's index in the policy's list, adding it there. */
export type KeywordId = (keyword: string) => number;

/** Compiles one rule; what doesn't compile is reported under `path`, and the rule then isn't usable. */
export function compileRule(
  rule: Rule,
  index: number,
  document: PolicyDocument,
  keywordId: KeywordId,
  report: ReportFault,
): CompiledRule {
  const { description: _, mode, ...content } = rule;
  return {
    index,
    name: rule.name,
    effect: rule.effect,
    mode,
    reason: rule.reason,
    contentDigest: contentDigest(content),
    newOnly: (rule.scope ?? (rule.effect === 'hold' ? 'new' : 'all')) === 'new',
    scope: compileScope(rule.match, report),
    when: celOf(rule.when, ['when'], report, compileCel),
    unless: celOf(rule.unless, ['unless'], report, compileCel),
    prompt: rule.prompt && compileText(rule.prompt, ['prompt'], keywordId, report),
    duties: compileDuties(rule, document),
  };
}

/** Compiles what a rule is about; a time zone that doesn't exist is reported. */
export function compileScope(scope: RuleScope, report: ReportFault): CompiledScope {
  const set = (globs: readonly string[] | undefined) => globs && new GlobSet(globs);
  return {
    connections: set(scope.connections),
    models: set(scope.models),
    groups: set(scope.groups),
    users: set(scope.users),
    clients: set(scope.clients),
    operations: set(scope.operations),
    times: scope.times?.map((window, i) => {
      try {
        return compileWindow(window);
      } catch {
        report(['match', 'times', i, 'zone'], 'expected an IANA time zone such as Europe/Berlin');
        return () => false;
      }
    }),
  };
}

/** Compiles an expression, or reports where it is wrong. */
export function celOf<Test = CelTest>(
  expression: string | undefined,
  path: readonly (string | number)[],
  report: ReportFault,
  compile: (expression: string) => Test,
): Test | undefined {
  if (expression === undefined) return undefined;
  try {
    return compile(expression);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    report(path, `${error.message} (at character ${error.offset + 1} of the expression)`);
    return undefined;
  }
}

/** Compiles text conditions; patterns that aren't RE2 and keywords without letters are reported. */
export function compileText(
  conditions: NonNullable<Rule['prompt']>,
  path: readonly (string | number)[],
  keywordId: KeywordId,
  report: ReportFault,
): TextConditions {
  const keywords: number[] = [];
  for (const [i, keyword] of (conditions.keywords ?? []).entries()) {
    if (/[\p{L}\p{N}]/u.test(keyword)) keywords.push(keywordId(keyword));
    else report([...path, 'keywords', i], 'expected a keyword with letters or digits');
  }
  const patterns: LinearPattern[] = [];
  for (const [i, source] of (conditions.patterns ?? []).entries()) {
    try {
      patterns.push(compilePattern(source));
    } catch (error) {
      report([...path, 'patterns', i], `expected an RE2 pattern: ${(error as Error).message}`);
    }
  }
  const entities = (conditions.entities ?? []).map((entity) =>
    typeof entity === 'string' ? { type: entity, moreThan: 0 } : entity,
  );
  return { keywords, patterns, entities };
}

function compileDuties(rule: Rule, document: PolicyDocument): CompiledDuties {
  const { review } = rule;
  return {
    maskRequest: rule.mask?.request,
    maskAnswer: rule.mask?.answer,
    approval: rule.approval && requirementOf(rule.approval, document.approvals),
    review:
      review === undefined || review === 'never'
        ? undefined
        : review === 'always'
          ? { when: 'always' }
          : { when: 'conditions', conditions: review.when },
    limits: rule.limits ?? [],
  };
}

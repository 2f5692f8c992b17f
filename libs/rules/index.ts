export { type CaseResult, caseInput, PolicyCase, PolicyCases, runCase } from './cases.ts';
export type { CelContext } from './cel.ts';
export { type ClaimNames, claimNames } from './claim-names.ts';
export { type Compilation, compilePolicy } from './compile.ts';
export type { DocumentFault } from './compile-rule.ts';
export { type ConnectionChoice, type ResolvedConnection, resolveConnection } from './connection.ts';
export type {
  AppliedLimit,
  AppliedRule,
  Decision,
  EvaluationInput,
  Explanation,
  RequestText,
  RuleOutcome,
  UnreadablePart,
} from './decision.ts';
export { evaluate, explain } from './evaluate.ts';
export {
  type CompiledLimits,
  compileLimits,
  type LimitSubject,
  limitsFor,
  type RateLimit,
} from './limits.ts';
export {
  type DocumentIssue,
  formatIssue,
  type LoadedPolicy,
  type LocatedWarning,
  loadPolicy,
  loadPolicyWith,
} from './load.ts';
export type { CompiledPolicy, CompiledRule } from './policy.ts';
export { type PrepareProfile, prepareProfiles } from './prepare.ts';
export { type BodyReader, recordedEffect, recordedInput, Simulator } from './recorded.ts';
export { compileReview, type Review, type ReviewInput } from './review.ts';
export type { SourceFile } from './source-map.ts';
export { type ConfigWarning, configWarnings } from './warnings.ts';

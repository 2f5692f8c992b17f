export { type CaseResult, caseInput, PolicyCase, PolicyCases, runCase } from './cases.ts';
export type { CelContext } from './compiling/cel.ts';
export { type ClaimNames, claimNames } from './compiling/claim-names.ts';
export { type Compilation, compilePolicy } from './compiling/compile.ts';
export type { DocumentFault } from './compiling/compile-rule.ts';
export type { CompiledPolicy, CompiledRule } from './compiling/policy.ts';
export { addressText } from './deciding/address.ts';
export { type ConnectionChoice, type ResolvedConnection, resolveConnection } from './deciding/connection.ts';
export type {
  AppliedLimit,
  AppliedRule,
  Decision,
  EvaluationInput,
  Explanation,
  RequestText,
  RuleOutcome,
  UnreadablePart,
} from './deciding/decision.ts';
export { evaluate, explain } from './deciding/evaluate.ts';
export {
  type CompiledLimits,
  compileLimits,
  type LimitSubject,
  limitsFor,
  type RateLimit,
} from './deciding/limits.ts';
export { compileReview, type Review, type ReviewInput } from './deciding/review.ts';
export {
  type DocumentIssue,
  formatIssue,
  type LoadedPolicy,
  type LocatedWarning,
  loadPolicy,
  loadPolicyWith,
} from './loading/load.ts';
export type { SourceFile } from './loading/source-map.ts';
export { type ConfigWarning, configWarnings } from './loading/warnings.ts';
export { type PrepareProfile, prepareProfiles } from './prepare.ts';
export { type BodyReader, recordedEffect, recordedInput, Simulator } from './recorded.ts';

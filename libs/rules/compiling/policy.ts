import type {
  ApprovalRequirement,
  Connection,
  Limit,
  MaskingProfile,
  PolicyDocument,
  ProfileReference,
  ReviewConditions,
} from '#contracts';
import type { GlobSet } from '../glob.ts';
import type { KeywordFinder } from '../text/keywords/find-keywords.ts';
import type { CelTest } from './cel.ts';
import type { EntityFinder } from './entities.ts';
import type { LinearPattern } from './patterns.ts';

/** What text a rule looks for. Keywords are looked for together, by index into the policy's list. */
export interface TextConditions {
  readonly keywords: readonly number[];
  readonly patterns: readonly LinearPattern[];
  readonly entities: readonly { readonly type: string; readonly moreThan: number }[];
}

/** Who and what a rule is about; undefined where it doesn't say. */
export interface CompiledScope {
  readonly connections: GlobSet | undefined;
  readonly models: GlobSet | undefined;
  readonly groups: GlobSet | undefined;
  readonly users: GlobSet | undefined;
  readonly clients: GlobSet | undefined;
  readonly operations: GlobSet | undefined;
  readonly times: readonly ((now: number) => boolean)[] | undefined;
}

/** What a rule asks for beyond its effect. */
export interface CompiledDuties {
  readonly maskRequest: string | undefined;
  readonly maskAnswer: string | undefined;
  readonly approval: ApprovalRequirement | undefined;
  readonly review:
    | { readonly when: 'always' }
    | { readonly when: 'conditions'; readonly conditions: ReviewConditions }
    | undefined;
  readonly limits: readonly Limit[];
}

export interface CompiledRule {
  readonly index: number;
  readonly name: string;
  readonly effect: 'allow' | 'deny' | 'hold';
  readonly mode: 'enforce' | 'shadow';
  readonly reason: string | undefined;
  readonly contentDigest: string;
  /** What people approved earlier in the conversation isn't looked at again. */
  readonly newOnly: boolean;
  readonly scope: CompiledScope;
  readonly when: CelTest | undefined;
  readonly unless: CelTest | undefined;
  readonly prompt: TextConditions | undefined;
  readonly duties: CompiledDuties;
}

/** Keywords of all rules in one automaton, which finds them all in one pass. */
export interface KeywordIndex {
  readonly finder: KeywordFinder;
  /** As written, by id. */
  readonly keywords: readonly string[];
  /** Indexes of the rules that look for a keyword, by its id. */
  readonly owners: readonly (readonly number[])[];
}

/** A policy ready to evaluate. Made once per revision. */
export interface CompiledPolicy {
  readonly document: PolicyDocument;
  /** SHA-256 of the document's canonical JSON: the same for the same content, however the files were ordered. */
  readonly digest: string;
  /** In name order, so that the order of files and rules never matters. */
  readonly rules: readonly CompiledRule[];
  readonly connections: ReadonlyMap<string, Connection>;
  readonly keywords: KeywordIndex | undefined;
  readonly entities: EntityFinder | undefined;
  /** Masking profiles by name, combinations (`a+b`) included, with the digests that releases carry. */
  readonly profiles: ReadonlyMap<
    string,
    { readonly reference: ProfileReference; readonly profile: MaskingProfile }
  >;
}

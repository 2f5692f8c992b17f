import type { ApprovalRequirement, ErrorCode, Limit, Obligations, Principal, RuleMatch } from '#contracts';

/** One string of a request. `turn` counts the parts of the conversation; 0 is what stands outside of it. */
export interface RequestText {
  readonly pointer: string;
  readonly text: string;
  readonly turn: number;
}

/** A part of a request that can't be read as text. Without a turn it counts as new. */
export interface UnreadablePart {
  readonly pointer: string;
  readonly kind: string;
  readonly turn?: number;
}

/** Everything an evaluation looks at. The same input always gives the same decision. */
export interface EvaluationInput {
  readonly principal: Principal;
  /** The token's verified claims, for CEL's `user.claims`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** OAuth client; by default the principal's. */
  readonly client?: string | undefined;
  /** A connection named by the caller; by default chosen by the model. */
  readonly connection?: string | undefined;
  /** The client protocol, as connections list it; by default any. */
  readonly protocol?: string | undefined;
  readonly model: string | null;
  readonly operation: string;
  readonly texts: readonly RequestText[];
  readonly unreadable: readonly UnreadablePart[];
  readonly remoteUrls: readonly { readonly pointer: string; readonly url: string }[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** The last turn that people approved under a rule of that content; -1 where none is. */
  readonly approvedThroughTurn?: (rule: string, contentDigest: string) => number;
}

/** A rule that applied, or in shadow would have. */
export interface AppliedRule {
  readonly name: string;
  readonly mode: 'enforce' | 'shadow';
  readonly effect: 'allow' | 'deny' | 'hold';
  /** SHA-256 of what the rule says, in hex: an approval holds only while it stays. */
  readonly contentDigest: string;
  readonly matches: readonly RuleMatch[];
  /** Why a rule that couldn't be evaluated counts as applying. */
  readonly failure?: string;
}

/** A rate that a matching rule puts on the request, counted by ingress. */
export interface AppliedLimit extends Limit {
  readonly rule: string;
}

/** What the rules say about a request. Plain JSON. */
export interface Decision {
  readonly effect: 'allow' | 'deny' | 'hold';
  /** Set for deny. */
  readonly code?: ErrorCode;
  /** Public sentences: why. */
  readonly reasons: readonly string[];
  /** Rules that applied, deny before hold before allow, each group by name; shadow rules last. */
  readonly rules: readonly AppliedRule[];
  readonly obligations: Obligations;
  /** Set for hold. */
  readonly requirement?: ApprovalRequirement;
  readonly limits: readonly AppliedLimit[];
  readonly connection: string | null;
  readonly upstreamModel: string | null;
  /** The first turn that no approval covers yet. */
  readonly newSince: number;
}

/** Why a rule applied or not. */
export type RuleOutcome =
  | { readonly rule: string; readonly outcome: 'applied'; readonly because: string }
  | { readonly rule: string; readonly outcome: 'shadow'; readonly because: string }
  | { readonly rule: string; readonly outcome: 'not matched'; readonly because: string };

/** A decision with a line for every rule of the policy. */
export interface Explanation {
  readonly decision: Decision;
  readonly rules: readonly RuleOutcome[];
}

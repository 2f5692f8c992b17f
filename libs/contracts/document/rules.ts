import { z } from 'zod';
import { EntityName } from '../masking-profile.ts';
import { Duration, distinct, Glob, Name, Rate } from './scalars.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const ClockTime = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, 'expected a time such as 08:00');

/** Hours of the week in one time zone; `from` later than `to` spans midnight. */
export const TimeWindow = z.strictObject({
  days: distinct(z.enum(days)).default([...days]),
  from: ClockTime.default('00:00'),
  to: ClockTime.default('24:00'),
  /** IANA time zone name. */
  zone: z.string().min(1).max(64).default('UTC'),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

/** Who and what a rule is about. Every condition given must hold; within one, any value may. */
export const RuleScope = z.strictObject({
  connections: distinct(Glob).optional(),
  /** Names as callers use them, or the server's own. */
  models: distinct(Glob).optional(),
  groups: distinct(Glob).optional(),
  /** OIDC subjects. */
  users: distinct(Glob).optional(),
  /** OAuth client ids. */
  clients: distinct(Glob).optional(),
  operations: distinct(Glob).optional(),
  times: z.array(TimeWindow).min(1).max(20).optional(),
});
export type RuleScope = z.infer<typeof RuleScope>;

/** `CREDIT_CARD`, or `{ type: EMAIL_ADDRESS, moreThan: 5 }`: entities that masking recognises. */
export const EntityCondition = z.union([
  EntityName,
  z.strictObject({ type: EntityName, moreThan: z.number().int().min(0).max(100_000) }),
]);
export type EntityCondition = z.infer<typeof EntityCondition>;

const textConditions = {
  /** Whole words, in any case, spelling trick or encoding. */
  keywords: distinct(z.string().min(2).max(200), 20_000).optional(),
  /** RE2 syntax: linear time, no look-around, no back-references. */
  patterns: distinct(z.string().min(1).max(1000), 1000).optional(),
  entities: z.array(EntityCondition).min(1).max(100).optional(),
};

/** What a rule looks for in the request's text. Any one of the conditions is enough. */
export const PromptConditions = z
  .strictObject(textConditions)
  .refine((prompt) => Object.keys(prompt).length > 0, 'expected keywords, patterns or entities');
export type PromptConditions = z.infer<typeof PromptConditions>;

const Quorums = z
  .record(Name, z.number().int().min(1).max(50))
  .refine((groups) => Object.keys(groups).length > 0, 'expected at least one group with its quorum');

/** Who must agree: every group of `all`, or one group of `any`, each with so many distinct people. */
export const RuleApproval = z
  .strictObject({
    all: Quorums.optional(),
    any: Quorums.optional(),
    denyThreshold: z.number().int().min(1).max(50).optional(),
    expiresIn: Duration.optional(),
    edit: z.strictObject({ needsOtherApprover: z.boolean() }).optional(),
    /** `false`: the requester hears that people edited the request, not how. */
    showEdit: z.boolean().optional(),
    /** `false`: no approval under this rule covers other requests of the same shape. */
    grants: z.boolean().optional(),
    /** The groups are told again after so long. */
    reminders: z.array(Duration).max(10).optional(),
    /** After so long members of another group may decide as well. */
    escalate: z
      .array(z.strictObject({ after: Duration, to: Name }))
      .max(10)
      .optional(),
  })
  .refine((approval) => (approval.all === undefined) !== (approval.any === undefined), {
    message: 'expected either all: or any:, with groups and their quorums',
  });
export type RuleApproval = z.infer<typeof RuleApproval>;

/** What makes an answer wait for people, evaluated on the masked answer. Any one of the conditions is enough. */
export const ReviewConditions = z
  .strictObject({ ...textConditions, cel: z.string().min(1).max(4000).optional() })
  .refine((when) => Object.keys(when).length > 0, 'expected keywords, patterns, entities or cel');
export type ReviewConditions = z.infer<typeof ReviewConditions>;

/** So many requests or tokens in a unit of time, counted per caller, group, connection, or rule. */
export const Limit = z
  .strictObject({
    requests: Rate.optional(),
    tokens: Rate.optional(),
    per: z.enum(['principal', 'group', 'connection', 'rule']).default('principal'),
  })
  .refine((limit) => (limit.requests === undefined) !== (limit.tokens === undefined), {
    message: 'expected either requests: or tokens:',
  });
export type Limit = z.infer<typeof Limit>;

/** One rule. Deny wins over hold, hold over allow; what no rule allows is denied. */
export const Rule = z.strictObject({
  name: Name,
  description: z.string().max(1000).optional(),
  match: RuleScope.prefault({}),
  prompt: PromptConditions.optional(),
  /** CEL that must be true for the rule to apply. */
  when: z.string().min(1).max(4000).optional(),
  /** CEL that, where true, keeps the rule from applying. */
  unless: z.string().min(1).max(4000).optional(),
  effect: z.enum(['allow', 'deny', 'hold']),
  /** Shown to a caller who is denied or held. */
  reason: z.string().max(500).optional(),
  /** Names of masking profiles. */
  mask: z.strictObject({ request: Name.optional(), answer: Name.optional() }).optional(),
  approval: RuleApproval.optional(),
  /** Whether people see the answer before the caller does. */
  review: z.union([z.enum(['never', 'always']), z.strictObject({ when: ReviewConditions })]).optional(),
  limits: z.array(Limit).min(1).max(20).optional(),
  /** `new`: what people approved earlier in a conversation isn't looked at again (default of hold). */
  scope: z.enum(['new', 'all']).optional(),
  /** `shadow`: reported, never applied. */
  mode: z.enum(['enforce', 'shadow']).default('enforce'),
});
export type Rule = z.infer<typeof Rule>;

import { z } from 'zod';
import type { CompiledPolicy } from './compiling/policy.ts';
import type { EvaluationInput } from './deciding/decision.ts';
import { evaluate } from './deciding/evaluate.ts';

const Given = z.strictObject({
  user: z
    .strictObject({
      subject: z.string().default('someone'),
      kind: z.enum(['person', 'service', 'key']).default('person'),
      issuer: z.string().default('http://127.0.0.1:8085'),
      name: z.string().optional(),
      email: z.string().optional(),
      client: z.string().optional(),
      person: z.string().optional(),
      groups: z.array(z.string()).default([]),
      claims: z.record(z.string(), z.unknown()).default({}),
    })
    .prefault({}),
  /** One prompt, as the first turn. */
  prompt: z.string().optional(),
  /** Several turns; a list is one turn's parts. */
  turns: z.array(z.union([z.string(), z.array(z.string())])).optional(),
  model: z.string().nullable().default('demo'),
  connection: z.string().optional(),
  protocol: z.string().optional(),
  operation: z.string().default('chat.completions'),
  unreadable: z.array(z.strictObject({ kind: z.string(), turn: z.number().int().optional() })).default([]),
  urls: z.array(z.string()).default([]),
  now: z.iso.datetime({ offset: true }).default('2026-01-05T12:00:00Z'),
  /** The last turn that people approved, under each rule. */
  approvedThrough: z.number().int().optional(),
});

const Want = z.strictObject({
  effect: z.enum(['allow', 'deny', 'hold']),
  code: z.string().optional(),
  /** Names of all rules that applied, in any order. */
  rules: z.array(z.string()).optional(),
  mask: z.strictObject({ request: z.string().optional(), answer: z.string().optional() }).optional(),
  approval: z
    .strictObject({
      all: z.record(z.string(), z.number()).optional(),
      any: z.record(z.string(), z.number()).optional(),
      expiresInMs: z.number().optional(),
      denyThreshold: z.number().optional(),
      editNeedsOtherApprover: z.boolean().optional(),
    })
    .optional(),
  review: z.enum(['none', 'always', 'conditions']).optional(),
  connection: z.string().nullable().optional(),
  upstreamModel: z.string().nullable().optional(),
  newSince: z.number().optional(),
  /** Texts that were matched, by the rule or any of its conditions. */
  matched: z.array(z.string()).optional(),
  decodedAs: z.array(z.string()).optional(),
  reason: z.string().optional(),
  limits: z.number().optional(),
});

/** One example of what a policy should say. */
export const PolicyCase = z.strictObject({ name: z.string().min(1), given: Given, want: Want });
export type PolicyCase = z.infer<typeof PolicyCase>;

/** A file of cases: about a policy file, or about sections written into it. */
export const PolicyCases = z.strictObject({
  /** Path of the policy, relative to the file of cases; or its sections. */
  policy: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  cases: z.array(PolicyCase).min(1).max(10_000),
});
export type PolicyCases = z.infer<typeof PolicyCases>;

/** What a case gave, where it isn't what was wanted. */
export interface CaseResult {
  readonly name: string;
  /** Empty where the case holds. */
  readonly differences: readonly string[];
  /** Rules that applied. */
  readonly rules: readonly string[];
}

/** The input that a case describes. */
export function caseInput({ given }: PolicyCase): EvaluationInput {
  const { claims, name, email, client, person, ...user } = given.user;
  const turns = given.turns ?? [given.prompt ?? ''];
  return {
    principal: {
      ...user,
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(client !== undefined && { client }),
      ...(person !== undefined && { person }),
    },
    claims,
    connection: given.connection,
    protocol: given.protocol,
    model: given.model,
    operation: given.operation,
    texts: turns.flatMap((turn, i) => {
      const pointer = `/messages/${i}/content`;
      if (typeof turn === 'string') return [{ pointer, text: turn, turn: i + 1 }];
      return turn.map((text, part) => ({ pointer: `${pointer}/${part}/text`, text, turn: i + 1 }));
    }),
    unreadable: given.unreadable.map(({ kind, turn }, i) => ({
      pointer: `/unreadable/${i}`,
      kind,
      ...(turn !== undefined && { turn }),
    })),
    remoteUrls: given.urls.map((url, i) => ({ pointer: `/urls/${i}`, url })),
    now: Date.parse(given.now),
    ...(given.approvedThrough !== undefined && { approvedThroughTurn: () => given.approvedThrough! }),
  };
}

/** Evaluates a case and compares what came out with every expectation that it states. */
export function runCase(policy: CompiledPolicy, one: PolicyCase): CaseResult {
  const input = caseInput(one);
  const decision = evaluate(policy, input);
  const { want } = one;
  const matches = decision.rules.flatMap((rule) => rule.matches);
  const texts = new Map(input.texts.map(({ pointer, text }) => [pointer, text]));
  const { requirement, obligations } = decision;
  const groups =
    requirement && Object.fromEntries(requirement.groups.map(({ group, quorum }) => [group, quorum]));
  const found: Record<keyof z.infer<typeof Want>, unknown> = {
    effect: decision.effect,
    code: decision.code,
    rules: decision.rules.map(({ name }) => name).sort(),
    mask: { request: obligations.maskRequest?.name, answer: obligations.maskAnswer?.name },
    approval: requirement && {
      ...requirement,
      groups: undefined,
      mode: undefined,
      [requirement.mode]: groups,
    },
    review: obligations.review?.when ?? 'none',
    connection: decision.connection,
    upstreamModel: decision.upstreamModel,
    newSince: decision.newSince,
    matched: matches
      .map(({ pointer, start, end }) => texts.get(pointer)?.slice(start, end) ?? pointer)
      .sort(),
    decodedAs: matches.flatMap(({ decodedAs }) => decodedAs ?? []).sort(),
    reason: decision.reasons.join(' '),
    limits: decision.limits.length,
  };
  const wanted = {
    ...want,
    rules: want.rules?.toSorted(),
    matched: want.matched?.toSorted(),
    decodedAs: want.decodedAs?.toSorted(),
  };
  const differences = Object.entries(wanted).flatMap(([key, value]) =>
    value === undefined ? [] : compare(key, value, found[key as keyof typeof found]),
  );
  return { name: one.name, differences, rules: decision.rules.map(({ name }) => name) };
}

function compare(key: string, wanted: unknown, found: unknown): string[] {
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    const inside = (found ?? {}) as Record<string, unknown>;
    return Object.entries(wanted).flatMap(([name, value]) => compare(`${key}.${name}`, value, inside[name]));
  }
  if (key === 'reason' && String(found).includes(String(wanted))) return [];
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(found)];
  return a === b ? [] : [`${key}: wanted ${a}, found ${b ?? 'nothing'}`];
}

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PolicyDocument } from '#contracts';
import { compilePolicy } from './compiling/compile.ts';
import type { CompiledPolicy } from './compiling/policy.ts';
import type { Decision, EvaluationInput } from './deciding/decision.ts';
import { evaluate } from './deciding/evaluate.ts';
import { loadPolicy } from './loading/load.ts';

const runs = process.env.LONG === '1' ? 20_000 : 500;
const words = ['alpha', 'bravo', 'charlie', 'delta'] as const;
const groups = ['g1', 'g2', 'g3'] as const;

interface RuleShape {
  effect: 'allow' | 'deny' | 'hold';
  mode: 'enforce' | 'shadow';
  groups: string[];
  keywords: string[];
  when: string | undefined;
  quorum: number;
}

const ruleShape: fc.Arbitrary<RuleShape> = fc.record({
  effect: fc.constantFrom('allow', 'deny', 'hold'),
  mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'shadow'),
  groups: fc.subarray([...groups]),
  keywords: fc.subarray([...words]),
  when: fc.option(
    fc.constantFrom('user.claims.level > 1', '"g1" in user.groups', 'request.characters > 10'),
    {
      nil: undefined,
    },
  ),
  quorum: fc.integer({ min: 1, max: 3 }),
});

function ruleOf(shape: RuleShape, i: number): Record<string, unknown> {
  return {
    name: `r${i}`,
    effect: shape.effect,
    mode: shape.mode,
    match: shape.groups.length > 0 ? { groups: shape.groups } : {},
    ...(shape.keywords.length > 0 && { prompt: { keywords: shape.keywords } }),
    ...(shape.when !== undefined && { when: shape.when }),
    ...(shape.effect === 'hold' && { approval: { all: { leads: shape.quorum } } }),
  };
}

function policyWith(rules: readonly Record<string, unknown>[]): CompiledPolicy {
  const document = PolicyDocument.parse({
    version: 1,
    identity: { issuers: [{ issuer: 'http://127.0.0.1:1', audience: 'x' }] },
    connections: { demo: { baseUrl: 'http://127.0.0.1:2', models: ['demo'] } },
    approvals: { groups: { leads: { claim: 'leads' } } },
    rules,
  });
  const compiled = compilePolicy(document);
  if (compiled.kind === 'faults') throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
}

const inputShape: fc.Arbitrary<EvaluationInput> = fc
  .record({
    groups: fc.subarray([...groups]),
    level: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    said: fc.array(fc.constantFrom(...words, 'hello', 'b r a v o', 'ch4rl1e'), { maxLength: 4 }),
    unreadable: fc.boolean(),
  })
  .map(({ groups: memberships, level, said, unreadable }) => ({
    principal: { kind: 'person', issuer: 'http://127.0.0.1:1', subject: 'x', groups: memberships },
    claims: level === undefined ? {} : { level },
    model: 'demo',
    operation: 'chat.completions',
    texts: said.map((text, i) => ({ pointer: `/messages/${i}/content`, text, turn: i + 1 })),
    unreadable: unreadable ? [{ pointer: '/messages/9', kind: 'image' }] : [],
    remoteUrls: [],
    now: 0,
  }));

const strictness = { allow: 0, hold: 1, deny: 2 } as const;

test('adding a deny rule never makes an outcome laxer', () => {
  fc.assert(
    fc.property(fc.array(ruleShape, { maxLength: 6 }), ruleShape, inputShape, (shapes, extra, input) => {
      const rules = shapes.map(ruleOf);
      const before = evaluate(policyWith(rules), input);
      const after = evaluate(policyWith([...rules, ruleOf({ ...extra, effect: 'deny' }, 99)]), input);
      expect(strictness[after.effect]).toBeGreaterThanOrEqual(strictness[before.effect]);
    }),
    { numRuns: runs },
  );
});

test('the order of rules never matters', () => {
  fc.assert(
    fc.property(
      fc.array(ruleShape, { maxLength: 6 }).chain((shapes) => {
        const rules = shapes.map(ruleOf);
        return fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length }));
      }),
      inputShape,
      ([rules, shuffled], input) => {
        const [a, b] = [policyWith(rules), policyWith(shuffled)];
        expect(evaluate(b, input)).toEqual(evaluate(a, input));
        expect(b.digest).toBe(a.digest);
      },
    ),
    { numRuns: runs },
  );
});

test('the order in which files are given never matters, nor how rules are spread over them', () => {
  const base = `version: 1\nidentity: { issuers: [{ issuer: "http://127.0.0.1:1", audience: x }] }
connections: { demo: { baseUrl: "http://127.0.0.1:2", models: [demo] } }
approvals: { groups: { leads: { claim: leads } } }\n`;
  fc.assert(
    fc.property(
      fc.array(ruleShape, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
      inputShape,
      (shapes, places, input) => {
        const files = [0, 1, 2].map((file) => ({
          name: `f${file}.yaml`,
          text: `${file === 1 ? base : ''}rules: ${JSON.stringify(shapes.map(ruleOf).filter((_, i) => places[i] === file))}`,
        }));
        const whole = loadPolicy([
          { name: 'all.yaml', text: `${base}rules: ${JSON.stringify(shapes.map(ruleOf))}` },
        ]);
        const spread = loadPolicy([...files].reverse());
        if (whole.kind !== 'policy' || spread.kind !== 'policy') throw new Error('expected policies');
        expect(spread.policy.digest).toBe(whole.policy.digest);
        expect(evaluate(spread.policy, input)).toEqual(evaluate(whole.policy, input));
      },
    ),
    { numRuns: Math.ceil(runs / 5) },
  );
});

test('shadow rules never change an outcome', () => {
  const outcome = ({ rules: _, ...decision }: Decision) => decision;
  fc.assert(
    fc.property(
      fc.array(ruleShape, { maxLength: 6 }),
      fc.array(ruleShape, { maxLength: 3 }),
      inputShape,
      (shapes, extra, input) => {
        const rules = shapes.map(ruleOf);
        const shadows = extra.map((shape, i) => ruleOf({ ...shape, mode: 'shadow' }, 100 + i));
        const before = evaluate(policyWith(rules), input);
        const after = evaluate(policyWith([...rules, ...shadows]), input);
        expect(outcome(after)).toEqual(outcome(before));
      },
    ),
    { numRuns: runs },
  );
});

test('an evaluation keeps nothing: the same input gives the same decision, whatever came between', () => {
  fc.assert(
    fc.property(fc.array(ruleShape, { maxLength: 6 }), inputShape, inputShape, (shapes, input, other) => {
      const policy = policyWith(shapes.map(ruleOf));
      const first = evaluate(policy, input);
      evaluate(policy, other);
      expect(evaluate(policy, input)).toEqual(first);
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    }),
    { numRuns: runs },
  );
});

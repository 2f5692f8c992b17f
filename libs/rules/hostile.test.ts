import { describe, expect, test } from '@jest/globals';
import type { CompiledPolicy } from './compiling/policy.ts';
import { evaluate, explain } from './deciding/evaluate.ts';
import { loadPolicy } from './loading/load.ts';
import { workOf } from './test-kit.ts';

function policyWith(rules: unknown[]): CompiledPolicy {
  const loaded = loadPolicy(
    JSON.stringify({
      version: 1,
      identity: { issuers: [{ issuer: 'http://127.0.0.1:1', audience: 'x' }] },
      connections: { demo: { baseUrl: 'http://127.0.0.1:2', models: ['demo'] } },
      rules: [{ name: 'everyone', effect: 'allow' }, ...rules],
    }),
  );
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues.slice(0, 3)));
  return loaded.policy;
}

/** What one evaluation is of work. */
function costOf(policy: CompiledPolicy, text: string): number {
  return workOf(() =>
    evaluate(policy, {
      principal: { kind: 'person', issuer: 'x', subject: 'x', groups: [] },
      model: 'demo',
      operation: 'chat.completions',
      texts: [{ pointer: '/messages/0/content', text, turn: 1 }],
      unreadable: [],
      remoteUrls: [],
      now: 0,
    }),
  );
}

const unit = 8 * 1024;
const noise = Buffer.alloc(unit, 0).map((_, i) => (i * 2_654_435_761) >>> 13);
const texts: Record<string, (length: number) => string> = {
  letters: (n) => 'a'.repeat(n),
  spaced: (n) => 'a '.repeat(n / 2),
  almost: (n) => 'passwor'.repeat(n / 7),
  found: (n) => 'password '.repeat(n / 9),
  tags: (n) => '<a'.repeat(n / 2),
  entities: (n) => '&#112;'.repeat(n / 6),
  percents: (n) => '%2570'.repeat(n / 5),
  escapes: (n) => '\\u0070'.repeat(n / 6),
  base64: (n) =>
    Buffer.concat(Array(Math.ceil(n / unit)).fill(noise))
      .toString('base64')
      .slice(0, n),
  lines: (n) => 'Zm9vYmFy\n'.repeat(n / 9),
  hex: (n) => '7061'.repeat(n / 4),
  codes: (n) => '112 '.repeat(n / 4),
  invisible: (n) => '\u200b'.repeat(n),
  emoji: (n) => '😀'.repeat(n / 2),
  marks: (n) => `p${'\u094d'.repeat(n - 1)}`,
  markedLetters: (n) => 'p\u094d'.repeat(n / 2),
  comments: (n) => '<!--'.repeat(n / 4),
  cdata: (n) => '<![CDATA['.repeat(n / 9),
  overrides: (n) => '\u202ea'.repeat(n / 2),
  oneOverride: (n) => `\u202e${'drowssap '.repeat(n / 9)}`,
  quotes: (n) => '"pass" + '.repeat(n / 9),
  groups: (n) => 'cGFz '.repeat(n / 5),
  looks: (n) => 'ΝΗΥς'.repeat(n / 4),
  drawn: (n) => 'pa()vv|>'.repeat(n / 8),
  colours: (n) => '\x1b[31m'.repeat(n / 5),
  zeros: (n) => `&#${'0'.repeat(n)}`,
  nested: (n) => `%${'25'.repeat(n / 2)}70`,
};
const rules = [
  { name: 'words', effect: 'deny', prompt: { keywords: ['password', 'pass', 'aaaa', 'API key'] } },
  { name: 'shapes', effect: 'deny', prompt: { patterns: ['(a+)+$', '(x+x+)+y', '(?i)(pass|word)*!'] } },
];

describe('work grows with the text, not faster', () => {
  test.each(Object.keys(texts))('%s', (name) => {
    const make = texts[name]!;
    // Each text meets patterns that have not learnt anything yet.
    const [small, large] = [costOf(policyWith(rules), make(unit)), costOf(policyWith(rules), make(unit * 8))];
    // Linear is 8 times, quadratic 64 times.
    expect(small).toBeGreaterThan(100);
    expect(large / small).toBeLessThan(16);
  });
});

/** What an evaluation says of a text. */
function effectOf(policy: CompiledPolicy, text: string): string {
  return evaluate(policy, {
    principal: { kind: 'person', issuer: 'x', subject: 'x', groups: [] },
    model: 'demo',
    operation: 'chat.completions',
    texts: [{ pointer: '/messages/0/content', text, turn: 1 }],
    unreadable: [],
    remoteUrls: [],
    now: 0,
  }).effect;
}

describe('a text that is too much to search', () => {
  const words = { name: 'words', prompt: { keywords: ['password'] } };
  const deep = `%${'25'.repeat(40)}41`;

  test('counts as matching for a rule that denies, and for none that allows', () => {
    expect(effectOf(policyWith([{ ...words, effect: 'deny' }]), deep)).toBe('deny');
    expect(effectOf(policyWith([{ ...words, effect: 'deny' }]), `%${'25'.repeat(4)}41`)).toBe('allow');
    const allowing = policyWith([{ ...words, effect: 'allow' }]);
    const { rules: applied } = explain(allowing, {
      principal: { kind: 'person', issuer: 'x', subject: 'x', groups: [] },
      model: 'demo',
      operation: 'chat.completions',
      texts: [{ pointer: '/messages/0/content', text: deep, turn: 1 }],
      unreadable: [],
      remoteUrls: [],
      now: 0,
    });
    expect(applied.find(({ rule }) => rule === 'words')).toMatchObject({ outcome: 'not matched' });
  });

  test('counts as matching also where keywords that repeat one another used up the search', () => {
    const keywords = Array.from({ length: 199 }, (_, i) => 'a'.repeat(i + 2));
    const policy = policyWith([
      { name: 'repeating', effect: 'deny', mode: 'shadow', prompt: { keywords } },
      { ...words, effect: 'deny' },
    ]);
    const before = `${'a '.repeat(150)}( (`.repeat(2000);
    expect(effectOf(policy, before)).toBe('deny');
    expect(effectOf(policy, `${before} password`)).toBe('deny');
  });
});

test('10,000 keywords are no more work than a few', () => {
  const keywords = Array.from(
    { length: 10_000 },
    (_, i) => `k${(i * 7919).toString(36)} ${(i * 104_729).toString(36)}`,
  );
  const many = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }]);
  const few = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords: keywords.slice(0, 3) } }]);
  const text = 'the quick brown fox jumps over the lazy dog, 17 times. '.repeat(400);
  expect(costOf(many, text)).toBeLessThan(costOf(few, text) * 5);
});

test('keywords that repeat one another are linear work on a text made for them', () => {
  const keywords = Array.from({ length: 199 }, (_, i) => 'a'.repeat(i + 2));
  const policy = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }]);
  const text = (times: number) => `${'a '.repeat(150)}( (`.repeat(times);
  expect(costOf(policy, text(160)) / costOf(policy, text(20))).toBeLessThan(16);
});

test('1,000 rules are no more than ten times the work of 100', () => {
  const cost = (count: number) =>
    costOf(
      policyWith(
        Array.from({ length: count }, (_, i) => ({
          name: `r${i}`,
          effect: 'deny',
          prompt: { keywords: [`secret ${i}x`] },
        })),
      ),
      'an ordinary sentence. '.repeat(50),
    );
  expect(cost(1000) / cost(100)).toBeLessThan(12);
});

test('too many keywords for one automaton are a fault of the document, not of memory', () => {
  const letter = (i: number) => String.fromCharCode(0x4e00 + (i % 20_000));
  const keywords = Array.from({ length: 1500 }, (_, i) => `${letter(i)}${letter(i * 7)}`.repeat(95) + i);
  expect(() => policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }])).toThrow(
    /fewer or shorter keywords/,
  );
});

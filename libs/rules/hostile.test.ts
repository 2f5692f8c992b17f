import { describe, expect, test } from '@jest/globals';
import { evaluate } from './evaluate.ts';
import { loadPolicy } from './load.ts';
import type { CompiledPolicy } from './policy.ts';

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

/** CPU milliseconds of one evaluation. */
function costMs(policy: CompiledPolicy, text: string): number {
  const before = process.cpuUsage();
  evaluate(policy, {
    principal: { kind: 'person', issuer: 'x', subject: 'x', groups: [] },
    model: 'demo',
    operation: 'chat.completions',
    texts: [{ pointer: '/messages/0/content', text, turn: 1 }],
    unreadable: [],
    remoteUrls: [],
    now: 0,
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const unit = 32 * 1024;
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
};
const rules = [
  { name: 'words', effect: 'deny', prompt: { keywords: ['password', 'pass', 'aaaa', 'API key'] } },
  { name: 'shapes', effect: 'deny', prompt: { patterns: ['(a+)+$', '(x+x+)+y', '(?i)(pass|word)*!'] } },
];

describe('time grows with the text, not faster', () => {
  const policy = policyWith(rules);
  test.each(Object.keys(texts))('%s', (name) => {
    const make = texts[name]!;
    const growth = (): number => {
      const small = Math.min(...[0, 1, 2].map(() => costMs(policy, make(unit))));
      const large = Math.min(...[0, 1].map(() => costMs(policy, make(unit * 8))));
      return large / Math.max(small, 2);
    };
    // Linear would be 8 times, quadratic 64 times, each time. A busy machine can spoil a measurement, not every one.
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 6 && least >= 32; attempt++) least = Math.min(least, growth());
    expect(least).toBeLessThan(32);
  });
});

test('10,000 keywords cost no more than a few', () => {
  const keywords = Array.from(
    { length: 10_000 },
    (_, i) => `k${(i * 7919).toString(36)} ${(i * 104_729).toString(36)}`,
  );
  const many = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }]);
  const few = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords: keywords.slice(0, 3) } }]);
  const text = 'the quick brown fox jumps over the lazy dog, 17 times. '.repeat(4000);
  const best = (policy: CompiledPolicy) => Math.min(...[0, 1, 2, 3].map(() => costMs(policy, text)));
  expect(best(many)).toBeLessThan(Math.max(best(few), 2) * 10);
});

test('keywords that repeat one another on a text made for them end, and count as matching', () => {
  const keywords = Array.from({ length: 199 }, (_, i) => 'a'.repeat(i + 2));
  const policy = policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }]);
  const text = `${'a '.repeat(150)}( (`.repeat(1000);
  expect(costMs(policy, text)).toBeLessThan(20_000);
});

test('1,000 rules are evaluated in milliseconds', () => {
  const policy = policyWith(
    Array.from({ length: 1000 }, (_, i) => ({
      name: `r${i}`,
      effect: 'deny',
      prompt: { keywords: [`secret ${i}x`] },
    })),
  );
  const text = 'an ordinary sentence. '.repeat(50);
  for (let i = 0; i < 20; i++) costMs(policy, text);
  expect(Math.min(...[0, 1, 2, 3, 4].map(() => costMs(policy, text)))).toBeLessThan(50);
});

test('too many keywords for one automaton are a fault of the document, not of memory', () => {
  const letter = (i: number) => String.fromCharCode(0x4e00 + (i % 20_000));
  const keywords = Array.from({ length: 1500 }, (_, i) => `${letter(i)}${letter(i * 7)}`.repeat(95) + i);
  expect(() => policyWith([{ name: 'words', effect: 'deny', prompt: { keywords } }])).toThrow(
    /fewer or shorter keywords/,
  );
});

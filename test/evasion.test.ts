import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { evaluate, loadPolicy } from '#rules';

const loaded = loadPolicy(readFileSync('sallyport.yaml', 'utf8'));
if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
const { policy } = loaded;

interface Spelling {
  readonly keyword: string;
  readonly as?: string;
  readonly text: string;
}
const spellings = parse(readFileSync('test/evasion.yaml', 'utf8')) as Spelling[];

function decide(text: string) {
  return evaluate(policy, {
    principal: { kind: 'person', issuer: 'http://127.0.0.1:8085', subject: 'carol', groups: ['contractors'] },
    model: 'demo',
    operation: 'chat.completions',
    texts: [{ pointer: '/messages/0/content', text, turn: 1 }],
    unreadable: [],
    remoteUrls: [],
    now: 0,
  });
}

test('there are at least 40 spellings', () => {
  expect(spellings.length).toBeGreaterThanOrEqual(40);
});

test.each(spellings)('$keyword is held in: $text', ({ keyword, as, text }) => {
  const decision = decide(text);
  expect(decision.effect).toBe('hold');
  const matches = decision.rules.flatMap((rule) => rule.matches);
  const match = matches.find(({ condition }) => condition === `keyword "${keyword}"`);
  expect(match).toBeDefined();
  if (as === undefined) expect(match?.decodedAs).toBeUndefined();
  else
    expect(
      matches
        .map(({ decodedAs }) => decodedAs ?? '')
        .join('+')
        .split('+'),
    ).toContain(as);
  expect(match!.start).toBeLessThan(match!.end);
  expect(match!.end).toBeLessThanOrEqual(text.length);
});

const plainly = /password|passwd|api[\s_-]*keys?|customer[\s_-]*data/i;

/** Lines of README and source files of installed packages that don't name the three things plainly. */
function benignLines(count: number): string[] {
  const lines: string[] = [];
  const packages = readdirSync('node_modules').filter(
    (name) => !name.startsWith('.') && !name.startsWith('@'),
  );
  for (const name of packages) {
    const files = readdirSync(join('node_modules', name), { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^readme\.md$|\.(js|ts|mjs|cjs)$/i.test(entry.name))
      .slice(0, 2);
    for (const file of files) {
      const text = readFileSync(join('node_modules', name, file.name), 'utf8').slice(0, 200_000);
      const own = text.split('\n').filter((line) => line.trim().length > 20 && !plainly.test(line));
      const step = Math.max(1, Math.floor(own.length / 8));
      for (let i = 0; i < own.length; i += step) lines.push(own[i]!.slice(0, 2000));
    }
  }
  const step = lines.length / count;
  return Array.from({ length: count }, (_, i) => lines[Math.floor(i * step)]!);
}

test('at most 2 of 2,000 benign lines are held', () => {
  const held = benignLines(2000).filter((line) => decide(line).effect !== 'allow');
  expect(held.length <= 2 ? [] : held).toEqual([]);
});

test.each([
  'compass word',
  'a passwordless login',
  'they encompass wordy clauses',
  'the bypass, word for word',
  `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==`,
  'API keynote, customers database',
  'monkey api keyboard',
])('%s is allowed', (text) => {
  expect(decide(text).effect).toBe('allow');
});

test('base64 of a megabyte of noise is not held', () => {
  let state = 12345;
  const noise = Buffer.alloc(1_000_000);
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[i] = state >>> 16;
  }
  expect(decide(`data:image/png;base64,${noise.toString('base64')}`).effect).toBe('allow');
});

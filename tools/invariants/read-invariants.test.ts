import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readInvariants, resultOf } from './read-invariants.ts';
import { testText } from './test-text.ts';

const shipped = () => readInvariants(readFileSync('docs/architecture.md', 'utf8'));

test('the documentation names seven invariants, each with tests that are there', () => {
  expect(shipped().map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const { tests } of shipped())
    for (const { file, words } of tests) {
      expect({ file, isThere: existsSync(file) }).toEqual({ file, isThere: true });
      const [, lastWord = ''] = /(\S+)$/.exec(words) ?? [];
      expect(testText(file)).toContain(lastWord);
    }
});

test('an invariant counts its own tests only, and says where none was found', () => {
  const [invariant] = readInvariants(
    '| 1 | holds | `a.test.ts` › cut<br>`b.test.ts`<br>`a.test.ts` › gone |',
  );
  const results = [
    { file: 'a.test.ts', name: 'a stream, cut anywhere', passed: true },
    { file: 'a.test.ts', name: 'something else', passed: false },
    { file: 'b.test.ts', name: 'x', passed: false },
  ];
  expect(resultOf(invariant!, results)).toEqual({ passed: 1, failed: 1, unmatched: ['a.test.ts › gone'] });
});

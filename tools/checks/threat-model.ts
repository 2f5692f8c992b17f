import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInvariants } from '../invariants/read-invariants.ts';
import { testText } from '../invariants/test-text.ts';

/** A line that names a test, also where its name stands on a line of its own behind `test.each`. */
const naming = /^\s*(?:(?:test|describe)\b|\]\)|['"`])/;

/** What is wrong with `docs/threat-model.md`: claims without a test, and tests that don't exist. */
export function findThreatModelProblems(root: string): string[] {
  const page = 'docs/threat-model.md';
  const claims = readInvariants(readFileSync(join(root, page), 'utf8'));
  const misnumbered = claims.filter(({ number }, i) => number !== i + 1);
  return [
    ...(claims.length === 0 ? [`${page}: no claims`] : []),
    ...misnumbered.map(({ number }) => `${page}: claim ${number} is out of order`),
    ...claims.flatMap(({ number, tests }) =>
      tests
        .filter(({ file, words }) => !hasTest(join(root, file), words))
        .map(({ file, words }) => `${page}: claim ${number}: no such test: ${file} › ${words}`),
    ),
  ];
}

function hasTest(file: string, words: string): boolean {
  if (!file.endsWith('.test.ts') || words === '' || !existsSync(file)) return false;
  const lines = testText(file).split('\n');
  return lines.some((line) => naming.test(line) && line.includes(words));
}

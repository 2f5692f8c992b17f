/** Something that always holds, and the tests that try to break it. */
export interface Invariant {
  number: number;
  text: string;
  tests: { file: string; words: string }[];
}

export interface TestResult {
  file: string;
  /** The test's name with those of the groups around it. */
  name: string;
  passed: boolean;
}

/** Reads the table of `docs/architecture.md`: `| 1 | what holds | \`file\` › words of the test's name<br>… |`. */
export function readInvariants(markdown: string): Invariant[] {
  return [...markdown.matchAll(/^\| (\d+) +\| (.+?) +\| (.+?) +\|$/gm)].map(([, number, text, tests]) => ({
    number: Number(number),
    text: text ?? '',
    tests: (tests ?? '').split('<br>').map((source) => {
      const [, file = '', words = ''] = /^`([^`]+)`(?: › (.+))?$/.exec(source.trim()) ?? [];
      return { file, words };
    }),
  }));
}

/** How the tests of one invariant went; `unmatched` names sources that no test belongs to. */
export function resultOf(
  invariant: Invariant,
  results: readonly TestResult[],
): { passed: number; failed: number; unmatched: string[] } {
  const matching = invariant.tests.map(({ file, words }) => ({
    source: words === '' ? file : `${file} › ${words}`,
    found: results.filter((result) => result.file === file && result.name.includes(words)),
  }));
  const all = new Set(matching.flatMap(({ found }) => found));
  const passed = [...all].filter((result) => result.passed).length;
  const unmatched = matching.filter(({ found }) => found.length === 0).map(({ source }) => source);
  return { passed, failed: all.size - passed, unmatched };
}

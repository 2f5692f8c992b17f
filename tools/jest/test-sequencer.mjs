import { statSync } from 'node:fs';

/**
 * The files that take longest, by what they start: whole systems before single servers before pure code. Those that count
 * what code does come first of all: counting looks at everything that a worker has loaded by then.
 */
const weights = [
  /^libs\/rules\/(hostile|compiling\/cel)\.test\.ts$/,
  /^test\/(journeys|failures|clients|bypass|services)\//,
  /^(test\/|libs\/testing\/)/,
  /^libs\/embedded\//,
  /^(services|cli|tools)\//,
  /^libs\/(messaging|database|sealing|boot|auth)\//,
];

function weightOf(path, rootDir) {
  const relative = path.slice(rootDir.length + 1).replaceAll('\\', '/');
  const index = weights.findIndex((pattern) => pattern.test(relative));
  return index === -1 ? weights.length : index;
}

/** Runs long files first, so that two workers finish together. */
export default class LongestFirst {
  #failed = new Set();

  sort(tests) {
    const key = (test) => [weightOf(test.path, test.context.config.rootDir), -statSync(test.path).size];
    const keyed = [...tests].map((test) => ({ test, key: key(test) }));
    keyed.sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1]);
    return keyed.map(({ test }) => test);
  }

  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, i) => i % shardCount === shardIndex - 1);
  }

  allFailedTests(tests) {
    return [...tests].filter(({ path }) => this.#failed.has(path));
  }

  cacheResults(_tests, results) {
    for (const { testFilePath, numFailingTests } of results.testResults) {
      if (numFailingTests > 0) this.#failed.add(testFilePath);
    }
  }
}

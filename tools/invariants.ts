import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Invariant, readInvariants, resultOf, type TestResult } from './invariants/read-invariants.ts';

/** `npm run invariants`: runs the tests that try to break what always holds, and says of each what came of it. */
async function runTests(files: readonly string[]): Promise<TestResult[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sallyport-invariants-'));
  const report = path.join(dir, 'report.json');
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--runTestsByPath',
    ...files,
    '--json',
    `--outputFile=${report}`,
  ];
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, ...jest], { stdio: ['ignore', 'ignore', 'inherit'] });
  await new Promise((resolve) => child.once('exit', resolve));
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  await rm(dir, { recursive: true, force: true });
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      file: path.relative(process.cwd(), name),
      name: fullName,
      passed: status === 'passed',
    })),
  );
}

function print(invariant: Invariant, results: readonly TestResult[]): boolean {
  const { passed, failed, unmatched } = resultOf(invariant, results);
  const holds = failed === 0 && unmatched.length === 0 && passed > 0;
  console.log(`${holds ? '✓' : '✗'} ${invariant.number}. ${invariant.text}`);
  for (const { file, words } of invariant.tests) console.log(`      ${file}${words ? ` › ${words}` : ''}`);
  console.log(`      ${passed + failed} attacks tried, ${failed} got through`);
  for (const source of unmatched) console.log(`      no such test: ${source}`);
  return holds;
}

const invariants = readInvariants(await readFile('docs/architecture.md', 'utf8'));
const files = [...new Set(invariants.flatMap(({ tests }) => tests.map(({ file }) => file)))];
const results = await runTests(files);
const held = invariants.filter((invariant) => print(invariant, results));
console.log(`${held.length} of ${invariants.length} invariants hold`);
process.exitCode = held.length === invariants.length && invariants.length > 0 ? 0 : 1;

import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { findLicences } from './checks/licences.ts';
import { findMachineTraces } from './checks/machine-traces.ts';
import { findMonitoringProblems } from './checks/monitoring.ts';
import { findImpurities } from './checks/purity.ts';
import { findSecrets } from './checks/secrets.ts';
import { findUndocumentedSettings } from './checks/settings.ts';
import { type Finding, readSources, type Source } from './checks/sources.ts';
import { findSubjects } from './checks/subjects.ts';
import { findThreatModelProblems } from './checks/threat-model.ts';
import { findComposeProblems, readCompose } from './compose/compose-file.ts';
import { findImageProblems } from './compose/image-sources.ts';
import { findDrift } from './generate/drift.ts';

/** One line of `npm run check`: what it proves, and how. It gives the lines that say what is wrong. */
interface Step {
  name: string;
  run: () => Promise<string[]>;
}

const root = process.cwd();

/** Runs a program of node_modules; its output is the complaint where it fails. */
function program(name: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(`node_modules/.bin/${name}`, args, { cwd: root, env: { ...process.env, CI: '1' } });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? [] : [output.trim() || `${name}: exit ${code}`]));
  });
}

let read: Source[] | undefined;
const scan = (check: (sources: readonly Source[]) => Finding[]) => async (): Promise<string[]> => {
  read ??= readSources(root);
  return check(read).map(({ path, line, message }) => `${path}:${line}: ${message}`);
};

const folders = ['libs', 'services', 'cli', 'tools', 'bench', 'test'];

const steps: Step[] = [
  { name: 'format and lint', run: () => program('biome', ['check', '.', '--colors=off']) },
  { name: 'types', run: () => program('tsc', ['-p', 'tsconfig.json', '--noEmit']) },
  {
    name: 'import rules',
    run: () => program('depcruise', [...folders, '--config', '.dependency-cruiser.cjs']),
  },
  { name: 'unused code and dependencies', run: () => program('knip', ['--no-progress']) },
  { name: 'subjects come from contracts', run: scan(findSubjects) },
  { name: 'pure libraries are pure', run: scan(findImpurities) },
  { name: 'no secrets', run: scan(findSecrets) },
  { name: 'no registries, no machine paths', run: scan(findMachineTraces) },
  {
    name: 'licences of production dependencies',
    run: async () =>
      ['package-lock.json', 'libs/embedded/model/runtime/package-lock.json'].flatMap((lock) =>
        findLicences(root, lock),
      ),
  },
  {
    name: 'Compose file and image',
    run: async () => {
      read ??= readSources(root);
      return [
        ...findComposeProblems(root, readCompose('docker-compose.yml')),
        ...findImageProblems(root, read),
      ];
    },
  },
  {
    name: 'the threat model names tests that exist',
    run: async () => findThreatModelProblems(root),
  },
  {
    name: 'alerts and dashboards name metrics that exist, and pages of the runbook',
    run: async () => findMonitoringProblems(root),
  },
  { name: 'every setting is documented', run: async () => findUndocumentedSettings(root) },
  { name: 'generated files are up to date', run: () => findDrift(root) },
];

/** Runs one step and prints its line. True where nothing is wrong. */
async function runStep({ name, run }: Step): Promise<boolean> {
  const start = performance.now();
  const wrong = await run().catch((error: unknown) => [String(error)]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${wrong.length === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  for (const line of wrong) console.log(line.replace(/^/gm, '    '));
  return wrong.length === 0;
}

/** Two at a time, so that a machine with two cores is busy and none starves. */
async function main(): Promise<void> {
  const start = performance.now();
  const wanted = process.argv.slice(2);
  const chosen = steps.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  );
  const queue = [...chosen];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step; step = queue.shift()) if (!(await runStep(step))) failed++;
  };
  await Promise.all([worker(), worker()]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${chosen.length - failed} of ${chosen.length} checks passed in ${seconds} s`);
  process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
}

await main();

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { brokenLinks, commandsOf } from './docs/read-docs.ts';
import { besideRunningInstance } from './docs/running-instance.ts';

/**
 * `npm run check:docs`: runs every command of a fenced block marked `sh` in the user's documentation, in order, against the
 * instance that `npm start` runs in this folder, which it starts where there is none. With `--links` it only looks whether every link leads somewhere.
 */
const commandTimeoutMs = 60_000;
const first = [
  'getting-started',
  'connections',
  'policies',
  'approvals',
  'notifications',
  'masking',
  'sessions',
  'erasure',
  'runbook',
];

function run(command: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', command], { timeout: commandTimeoutMs });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function runCommands(): Promise<number> {
  let failed = 0;
  for (const name of first) {
    for (const command of commandsOf(readFileSync(`docs/${name}.md`, 'utf8'))) {
      const { code, output } = await run(command);
      const refused = /^\s*\{"error"/.test(output);
      if (code !== 0 || refused) failed++;
      console.log(`${code === 0 && !refused ? '✓' : '✗'} ${name}: ${command.split('\n')[0]}`);
      if (code !== 0 || refused) console.log(output.slice(-2000).replace(/^/gm, '    '));
    }
  }
  return failed;
}

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
  readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
);
const broken = pages.flatMap((page) => brokenLinks(page, readFileSync(page, 'utf8')));
for (const line of broken) console.log(`✗ ${line}`);
const failed = process.argv.includes('--links') ? 0 : await besideRunningInstance(runCommands);
console.log(`${pages.length} pages, ${broken.length} broken links, ${failed} commands failed`);
process.exitCode = broken.length + failed === 0 ? 0 : 1;

// `npm start` and `npm test` in a clone that has nothing installed yet: install, build, go on.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, say } from './prepare.mjs';

const [command, ...args] = process.argv.slice(2);

switch (command) {
  case 'start': {
    prepare();
    const { main } = await import('../dist/cli/main.js');
    await main([process.execPath, 'sallyport', 'start', ...args]);
    break;
  }
  case 'test':
    prepare();
    process.exitCode = await test(args);
    break;
  default:
    say(`Unknown command ${command ?? ''} → use start or test`);
    process.exitCode = 1;
}

/** Runs the tests and closes with the one line `N passed, N failed`. */
async function test(filters) {
  const report = join(root, '.sallyport', 'test-report.json');
  mkdirSync(join(root, '.sallyport'), { recursive: true });
  const code = await new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
        '--json',
        `--outputFile=${report}`,
        ...filters,
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    child.once('exit', (status) => resolve(status ?? 1));
  });
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const skipped = result.numPendingTests + result.numTodoTests;
  const tail = skipped === 0 ? '' : `, ${skipped} skipped`;
  process.stdout.write(`${result.numPassedTests} passed, ${failed} failed${tail}\n`);
  return failed === 0 ? code : 1;
}

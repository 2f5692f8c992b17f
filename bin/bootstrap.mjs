// `npm start` and `npm test` in a clone that has nothing installed yet: install, build, go on.
import { spawn } from 'node:child_process';
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
  case 'bench':
    prepare();
    process.argv.splice(2, 1);
    await import('../dist/bench/run.js');
    break;
  default:
    say(`Unknown command ${command ?? ''} → use start, test or bench`);
    process.exitCode = 1;
}

/**
 * Runs the tests; the configured reporter closes with the one line `N passed, N failed`. `--long` tries more cases and
 * `--seed N` the same ones again: both are ours, what else is given goes to jest.
 */
function test(args) {
  const at = args.indexOf('--seed');
  const seed = at < 0 ? undefined : args[at + 1];
  const filters = args.filter((arg, i) => arg !== '--long' && (at < 0 || (i !== at && i !== at + 1)));
  const env = {
    ...process.env,
    SALLYPORT_PROGRAMS: 'built',
    ...(args.includes('--long') && { LONG: '1' }),
    ...(seed !== undefined && { SEED: seed }),
  };
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, jest, ...filters], { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
}

import { execFileSync, spawnSync } from 'node:child_process';

const besides = 500;
const limitOf = (flag: string): number => {
  const text = execFileSync('sh', ['-c', `ulimit ${flag}`])
    .toString()
    .trim();
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
};

/**
 * A process may open so many files: one for each connection, and some. Runs this program once more with a higher limit where
 * that is allowed, and says so by true: then all is done. Throws where it is not allowed.
 */
export function ranWithMoreFiles(connections: number): boolean {
  const needed = connections + besides;
  if (limitOf('-Sn') >= needed) return false;
  if (limitOf('-Hn') < needed) {
    throw new Error(`${connections} connections need ${needed} open files: ulimit -n ${needed}`);
  }
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync('sh', ['-c', `ulimit -Sn ${needed} && exec "$@"`, 'sh', ...again], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
  return true;
}

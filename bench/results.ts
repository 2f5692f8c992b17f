import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { packageRoot } from '#embedded';

/** Writes a result with what is needed to compare it: date, commit, machine. */
export async function writeResult(name: string, result: object): Promise<void> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: packageRoot() })
    .toString()
    .trim();
  const dirty = execFileSync('git', ['status', '--porcelain'], { cwd: packageRoot() }).length > 0;
  const date = new Date().toISOString();
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    platform: process.platform,
  };
  const dir = path.join(packageRoot(), 'bench', 'results');
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, `${name}-${date.slice(0, 10)}.json`);
  await writeFile(file, `${JSON.stringify({ name, date, commit, dirty, machine, ...result }, null, 2)}\n`);
  console.log(`\nwritten to ${path.relative(packageRoot(), file)}`);
}

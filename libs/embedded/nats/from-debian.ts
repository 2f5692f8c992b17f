import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AptSource, newerSuites, parseAptSources } from '../debian/apt-sources.ts';
import { StartProblem } from '../problem.ts';
import { type CommandResult, runCommand } from '../processes/run-command.ts';
import { isNewEnough, natsVersion } from './version.ts';

const UPDATE_TIMEOUT_MS = 180_000;
/** Measured: the package list of one newer suite, and the package itself. */
const SIZE_MB = 17;

/** True where apt can fetch and dpkg can unpack a package. */
export async function hasDebianTools(): Promise<boolean> {
  const tools = await Promise.all(['apt-get', 'dpkg-deb'].map((tool) => runCommand(tool, ['--version'])));
  return tools.every(({ code }) => code === 0);
}

/**
 * Takes the newest nats-server that the distribution's own mirror has and unpacks it beside the other fetched
 * programs. The system's package lists, cache and installed packages stay as they are.
 * @throws StartProblem `embedded.no_network` when no newer suite could be read.
 */
export async function fetchFromDebian(
  runtimeDir: string,
  target: string,
  say: (line: string) => void,
): Promise<void> {
  const source = await mainSource();
  if (source === undefined) throw unavailable('no package mirror is configured on this machine');
  say(`nats-server: downloading about ${SIZE_MB} MB from this machine's own package mirror`);
  let reason = 'it has no newer suite';
  for (const suite of newerSuites(source.distribution, source.suite)) {
    const dir = join(runtimeDir, 'apt');
    await rm(dir, { recursive: true, force: true });
    try {
      const result = await fetchFromSuite(dir, source, suite, target);
      if (result === 'done') return;
      reason = result;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  throw unavailable(`the package mirror gave no nats-server 2.10 or newer: ${reason}`);
}

async function fetchFromSuite(
  dir: string,
  source: AptSource,
  suite: string,
  target: string,
): Promise<string> {
  const apt = await privateApt(dir, source, suite);
  const update = await apt(['update']);
  if (update.code !== 0) return lastLine(update);
  const download = await apt(['download', 'nats-server']);
  if (download.code !== 0) return lastLine(download);
  const archive = (await readdir(dir)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return `${suite} has no package`;
  const unpacked = await runCommand('dpkg-deb', ['-x', join(dir, archive), join(dir, 'unpacked')]);
  if (unpacked.code !== 0) return lastLine(unpacked);
  const binary = join(dir, 'unpacked', 'usr', 'sbin', 'nats-server');
  const version = await natsVersion(binary);
  if (version === undefined) return `the one from ${suite} doesn't run on this system`;
  if (!isNewEnough(version)) return `${suite} has ${version}`;
  await mkdir(dirname(target), { recursive: true });
  await copyFile(binary, `${target}.new`);
  await chmod(`${target}.new`, 0o755);
  await rename(`${target}.new`, target);
  return 'done';
}

/** apt-get with lists, cache and sources of its own; needs no rights beyond writing `dir`. */
async function privateApt(
  dir: string,
  source: AptSource,
  suite: string,
): Promise<(args: readonly string[]) => Promise<CommandResult>> {
  await mkdir(join(dir, 'lists', 'partial'), { recursive: true });
  await mkdir(join(dir, 'cache', 'archives', 'partial'), { recursive: true });
  const signedBy = source.signedBy === undefined ? '' : `[signed-by=${source.signedBy}] `;
  const component = source.distribution === 'ubuntu' ? 'universe' : 'main';
  await writeFile(join(dir, 'sources.list'), `deb ${signedBy}${source.uri} ${suite} ${component}\n`);
  const settings = [
    `Dir::Etc::sourcelist=${join(dir, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(dir, 'lists')}`,
    `Dir::Cache=${join(dir, 'cache')}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'APT::Update::Error-Mode=any',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  return (args) =>
    runCommand('apt-get', [...options, '-qq', ...args], { cwd: dir, timeoutMs: UPDATE_TIMEOUT_MS });
}

async function mainSource(): Promise<AptSource | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const distribution = /^ID=ubuntu$/m.test(release) ? 'ubuntu' : 'debian';
  const parts = '/etc/apt/sources.list.d';
  const names = (await readdir(parts).catch(() => [])).map((name) => join(parts, name));
  const texts = await Promise.all(
    ['/etc/apt/sources.list', ...names].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return parseAptSources(texts.join('\n\n'), distribution);
}

function lastLine(result: CommandResult): string {
  return result.stderr.trim().split('\n').at(-1) ?? `code ${result.code}`;
}

function unavailable(message: string): StartProblem {
  return new StartProblem(
    'embedded.no_network',
    `nats-server can't be fetched: ${message}`,
    'check the network, install nats-server 2.10 or newer on PATH, or set NATS_URL',
  );
}

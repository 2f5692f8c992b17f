import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartProblem } from '../problem.ts';
import { runCommand } from '../processes/run-command.ts';

/** The official release for Linux, by Node's name of the processor; checksums as in the official Docker image's file. */
const RELEASE = {
  version: '2.12.7',
  archives: {
    x64: { name: 'amd64', sha256: '570d2d627db111e679cc1e6bc57ba78f373ed1769acd8dc9c21c8f62d15b3c52' },
    arm64: { name: 'arm64', sha256: '3b9a79986778285c0e5acaba0b1218b72f6159db68fe5b8916a7d846240f9f22' },
  } as Readonly<Record<string, { name: string; sha256: string }>>,
};
const SIZE_MB = 7;
const LIMIT_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 300_000;

/**
 * Fetches the official release, checks it against the pinned checksum and unpacks the one file that is needed.
 * @throws StartProblem `embedded.no_network` when it can't be had or isn't the pinned file.
 */
export async function fetchRelease(
  target: string,
  say: (line: string) => void,
  download: (url: string) => Promise<Buffer> = downloadFile,
): Promise<void> {
  const archive = RELEASE.archives[process.arch];
  if (archive === undefined) {
    throw new StartProblem(
      'embedded.unsupported_platform',
      `No pinned nats-server for linux ${process.arch}`,
      'install nats-server 2.10 or newer on PATH, or set NATS_URL',
    );
  }
  const folder = `nats-server-v${RELEASE.version}-linux-${archive.name}`;
  const url = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE.version}/${folder}.tar.gz`;
  say(`nats-server ${RELEASE.version}: downloading ${SIZE_MB} MB`);
  const bytes = await download(url);
  if (createHash('sha256').update(bytes).digest('hex') !== archive.sha256) {
    throw unavailable('the downloaded nats-server has another checksum than the pinned one');
  }
  await unpack(bytes, `${folder}/nats-server`, target);
}

async function unpack(bytes: Buffer, member: string, target: string): Promise<void> {
  const folder = dirname(target);
  const archive = join(folder, 'nats-server.tar.gz');
  await mkdir(folder, { recursive: true });
  await writeFile(archive, bytes);
  const { code, stderr } = await runCommand('tar', [
    '-xzf',
    archive,
    '-C',
    folder,
    '--strip-components=1',
    member,
  ]);
  await rm(archive);
  if (code !== 0) throw unavailable(`nats-server can't be unpacked: ${stderr.trim()}`);
  const unpacked = join(folder, 'nats-server');
  await chmod(unpacked, 0o755);
  if (unpacked !== target) await rename(unpacked, target);
}

async function downloadFile(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const length = Number(response.headers.get('content-length') ?? 0);
    if (length > LIMIT_BYTES) throw new Error(`${length} bytes is more than a nats-server has`);
    return Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    throw unavailable("nats-server can't be downloaded", cause);
  }
}

function unavailable(message: string, cause?: unknown): StartProblem {
  return new StartProblem(
    'embedded.no_network',
    message,
    'check the network, install nats-server 2.10 or newer on PATH, or set NATS_URL',
    { cause },
  );
}

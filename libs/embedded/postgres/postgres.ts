import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { StartProblem } from '../problem.ts';
import { freePort } from '../processes/ports.ts';
import { type RunningProcess, startProcess, untilReady } from '../processes/processes.ts';
import { runCommand } from '../processes/run-command.ts';
import { type PostgresBinaries, postgresBinaries } from './binaries.ts';
import { giveTo, type UnprivilegedUser, unprivilegedUser } from './user.ts';

const READY_MS = 30_000;
const SUPERUSER = 'postgres';

export interface PostgresOptions {
  /** Holds the cluster and the superuser's password. */
  readonly dir: string;
  /** Loopback port; 0 takes a free one. */
  readonly port: number;
  /** Trade durability for speed: for tests only (default true: every commit is on disk). */
  readonly durable?: boolean;
  /** More settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly logFile?: string;
}

export interface PostgresServer {
  readonly port: number;
  /** May do everything; database `postgres`. */
  readonly superuserUrl: string;
  readonly process: RunningProcess;
  /** Ends open connections and the server; the data stay. */
  stop(): Promise<void>;
}

/**
 * Starts Postgres from the npm binaries on 127.0.0.1, also as root, and waits until it answers a query.
 * The first start makes the cluster (about 1 s), later ones keep it.
 * @throws StartProblem when the platform has no binaries or the server doesn't come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const binaries = await postgresBinaries();
  await mkdir(options.dir, { recursive: true });
  const user = await unprivilegedUser([binaries.postgres, join(options.dir, 'data')]);
  const data = join(options.dir, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) await makeCluster(options.dir, data, binaries, user);
  const port = options.port === 0 ? await freePort() : options.port;
  const [command = binaries.postgres, ...args] = [...user.prefix, binaries.postgres, '-D', data];
  const child = await startProcess({
    name: 'postgres',
    command,
    args: [...args, '-p', String(port), ...settingArgs(options)],
    logFile: options.logFile ?? join(options.dir, 'postgres.log'),
    stopSignal: 'SIGINT',
    ...ids(user),
  });
  const superuserUrl = await postgresSuperuserUrl(options.dir, port);
  await untilReady(child, () => answers(superuserUrl), READY_MS);
  return { port, superuserUrl, process: child, stop: () => child.stop() };
}

function settingArgs(options: PostgresOptions): string[] {
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(options.durable === false ? fast : {}),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The address of the Postgres that keeps its files in `dir`, as superuser. */
export async function postgresSuperuserUrl(dir: string, port: number): Promise<string> {
  const password = (await readFile(passwordFile(dir), 'utf8')).trim();
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}

function passwordFile(dir: string): string {
  return join(dir, 'superuser-password');
}

async function makeCluster(
  dir: string,
  data: string,
  binaries: PostgresBinaries,
  user: UnprivilegedUser,
): Promise<void> {
  const fresh = `${data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await giveTo(fresh);
  await writeFile(passwordFile(dir), randomBytes(24).toString('base64url'), { mode: 0o600 });
  const handed = join(dir, 'superuser-password.initdb');
  await writeFile(handed, await readFile(passwordFile(dir)), { mode: 0o600 });
  await giveTo(handed);
  const [command = binaries.initdb, ...args] = [...user.prefix, binaries.initdb, '-D', fresh];
  const result = await runCommand(
    command,
    [
      ...args,
      `--username=${SUPERUSER}`,
      `--pwfile=${handed}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { cwd: dirname(fresh), env: { ...process.env, LC_ALL: 'C' }, ...ids(user) },
  );
  await rm(handed, { force: true });
  if (result.code !== 0) {
    throw new StartProblem(
      'embedded.exited',
      `Postgres can't make its files: ${result.stderr.trim().split('\n').at(-1) ?? ''}`,
      `check that ${dir} may be written, or set DATABASE_URL`,
    );
  }
  await rename(fresh, data);
}

function ids(user: UnprivilegedUser): { uid?: number; gid?: number } {
  return user.uid === undefined || user.gid === undefined ? {} : { uid: user.uid, gid: user.gid };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

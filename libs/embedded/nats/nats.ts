import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { defaultRuntimeDir } from '../paths.ts';
import { type RunningProcess, startProcess, untilReady } from '../processes/processes.ts';
import { ensureNats } from './binary.ts';

const READY_MS = 20_000;

export interface NatsOptions {
  /** Holds the configuration and the JetStream files. */
  readonly dir: string;
  /** Loopback port; 0 lets the server choose a free one. */
  readonly port: number;
  /** More server configuration: the `authorization` or `accounts` block, limits. */
  readonly config?: string;
  /** How often acknowledged writes are forced to disk (default `1s`; `always` for every one). */
  readonly syncInterval?: string;
  /** Upper bound of all streams on disk (default `16G`). */
  readonly maxFile?: string;
  /** Largest message in bytes (default 2 MiB). */
  readonly maxPayloadBytes?: number;
  /** A file with the key that encrypts the JetStream files; without it they aren't encrypted. */
  readonly encryptionKeyFile?: string;
  /** A user that may connect, to prove readiness; without it the server's greeting has to do. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly binary?: string;
  readonly runtimeDir?: string;
  readonly logFile?: string;
  readonly onProgress?: (line: string) => void;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  readonly process: RunningProcess;
  /** Ends the server in order; the streams stay on disk. */
  stop(): Promise<void>;
}

/**
 * Starts a nats-server with JetStream on 127.0.0.1 and waits until it takes connections.
 * @throws StartProblem when no server can be had or it doesn't come up.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const runtimeDir = options.runtimeDir ?? defaultRuntimeDir();
  const binary = await ensureNats({
    runtimeDir,
    ...(options.binary === undefined ? {} : { binary: options.binary }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const configFile = await writeConfig(options);
  const portsDir = join(options.dir, 'ports');
  await rm(portsDir, { recursive: true, force: true });
  await mkdir(portsDir, { recursive: true });
  const child = await startProcess({
    name: 'nats-server',
    command: binary.path,
    args: ['-c', configFile, '--ports_file_dir', portsDir],
    logFile: options.logFile ?? join(options.dir, 'nats.log'),
  });
  let port = options.port;
  await untilReady(
    child,
    async () => {
      port = port || (await chosenPort(join(portsDir, `nats-server_${child.pid}.ports`)));
      return port !== 0 && (await answers(port, options.user));
    },
    READY_MS,
  );
  const url = `nats://127.0.0.1:${port}`;
  return { url, port, version: binary.version, process: child, stop: () => child.stop() };
}

async function writeConfig(options: NatsOptions): Promise<string> {
  await mkdir(options.dir, { recursive: true });
  const encryption =
    options.encryptionKeyFile === undefined
      ? []
      : [
          '  cipher: "chachapoly"',
          `  key: ${JSON.stringify((await readFile(options.encryptionKeyFile, 'utf8')).trim())}`,
        ];
  const text = [
    `server_name: "sallyport"`,
    `listen: "127.0.0.1:${options.port === 0 ? -1 : options.port}"`,
    `max_payload: ${options.maxPayloadBytes ?? 2 * 1024 * 1024}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(options.dir, 'jetstream'))}`,
    '  max_memory_store: 256M',
    `  max_file_store: ${options.maxFile ?? '16G'}`,
    `  sync_interval: ${options.syncInterval ?? '1s'}`,
    ...encryption,
    '}',
    options.config ?? '',
    '',
  ].join('\n');
  const path = join(options.dir, 'nats.conf');
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

async function chosenPort(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const [url] = (JSON.parse(text) as { nats?: string[] }).nats ?? [];
    return url === undefined ? 0 : Number(new URL(url).port);
  } catch {
    return 0;
  }
}

async function answers(port: number, user: NatsOptions['user']): Promise<boolean> {
  if (user === undefined) return greets(port);
  try {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user: user.name,
      pass: user.password,
      reconnect: false,
      timeout: 2_000,
    });
    await connection.flush();
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** The server sends its INFO line first; JetStream has to be on. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: 2_000 });
    let text = '';
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (text.includes('\r\n')) done(/^INFO .*"jetstream":true/.test(text));
    });
    socket.on('error', () => done(false));
    socket.on('timeout', () => done(false));
  });
}

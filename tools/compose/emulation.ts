import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  defaultRuntimeDir,
  ensureNats,
  freePorts,
  type RunningProcess,
  startPostgres,
  startProcess,
  untilReady,
} from '#embedded';
import { eventually, type MockUpstream, startMockUpstream } from '#testing';
import type { ComposeFile } from './compose-file.ts';
import { emulate, type Mapping } from './emulated-service.ts';

const run = promisify(execFile);
const containerPorts = ['8080', '8081', '8082', '8083', '8084', '8085'];
const healthyWithinMs = 60_000;

/** The Compose file's parts as processes of this machine. */
export interface Emulation {
  upstream: MockUpstream;
  identityDir: string;
  /** The port here for a port of the file. */
  portOf(containerPort: string): string;
  /** Runs a one-shot service to its end. */
  runOnce(name: string): Promise<void>;
  /** Starts a service and waits until its own health check says that it is well. */
  start(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Makes the secrets, starts broker, database and a mock model, and gives the means to start our own services. */
export async function openEmulation(root: string, compose: ComposeFile, dir: string): Promise<Emulation> {
  const [nats = 0, monitor = 0, postgresPort = 0, ...ports] = await freePorts(3 + containerPorts.length);
  const stops: (() => Promise<unknown>)[] = [];
  const secretsDir = path.join(dir, 'secrets');
  await run(process.execPath, ['dist/tools/make-secrets.js', secretsDir, `127.0.0.1:${postgresPort}`], {
    cwd: root,
  });
  const broker = await startBroker(root, dir, secretsDir, nats, monitor);
  stops.push(() => broker.stop());
  const postgres = await startPostgres({
    dir: path.join(dir, 'postgres'),
    port: postgresPort,
    durable: false,
  });
  stops.push(() => postgres.stop());
  await writeFile(path.join(secretsDir, 'postgres.env'), `POSTGRES_SUPERUSER_URL=${postgres.superuserUrl}\n`);
  const upstream = await startMockUpstream();
  stops.push(() => upstream.stop());
  const hosts = {
    'nats:4222': `127.0.0.1:${nats}`,
    'identity:8085': `127.0.0.1:${ports[5]}`,
    'host.docker.internal:11434': `127.0.0.1:${upstream.port}`,
  };
  const byContainer = Object.fromEntries(containerPorts.map((port, i) => [port, String(ports[i])]));
  const identityDir = path.join(dir, 'identity');
  await mkdir(identityDir);
  const policy = path.join(dir, 'sallyport.yaml');
  await writeFile(policy, await mappedPolicy(root, hosts, byContainer));
  const sources = { identity: identityDir, './deploy/sallyport.yaml': policy };
  const mapping: Mapping = { hosts, ports: byContainer, secretsDir, sources };
  return {
    upstream,
    identityDir,
    portOf: (port) => byContainer[port] ?? port,
    runOnce: async (name) => {
      const { command, args, env } = emulate(root, compose, name, mapping);
      await run(command, args, { cwd: root, env });
    },
    start: async (name) => {
      const { command, args, env, health } = emulate(root, compose, name, mapping);
      const logFile = path.join(dir, `${name}.log`);
      const child = await startProcess({ name, command, args, env, cwd: root, logFile });
      stops.push(() => child.stop());
      const [check = '', ...checkArgs] = health ?? [];
      await untilReady(child, () => isWell(check, checkArgs, env, root), healthyWithinMs);
    },
    stop: async () => {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

function isWell(command: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<boolean> {
  return new Promise((resolve) => {
    spawn(command, args, { env, cwd, stdio: 'ignore' }).once('exit', (code) => resolve(code === 0));
  });
}

async function startBroker(
  root: string,
  dir: string,
  secrets: string,
  port: number,
  monitor: number,
): Promise<RunningProcess> {
  await cp(path.join(root, 'deploy/nats'), path.join(dir, 'nats'), { recursive: true });
  const file = path.join(dir, 'nats/nats.conf');
  const text = (await readFile(file, 'utf8'))
    .replace('0.0.0.0:4222', `127.0.0.1:${port}`)
    .replace('127.0.0.1:8222', `127.0.0.1:${monitor}`)
    .replace('"/data"', JSON.stringify(path.join(dir, 'jetstream')));
  await writeFile(file, text);
  const lines = (await readFile(path.join(secrets, 'nats.env'), 'utf8')).trim().split('\n');
  const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const { path: binary } = await ensureNats({ runtimeDir: defaultRuntimeDir() });
  const logFile = path.join(dir, 'nats.log');
  const child = await startProcess({ name: 'nats', command: binary, args: ['-c', file], env, logFile });
  await eventually(async () => {
    if (!(await fetch(`http://127.0.0.1:${monitor}/healthz?js-enabled-only=true`)).ok)
      throw new Error('not yet');
  });
  return child;
}

async function mappedPolicy(
  root: string,
  hosts: Record<string, string>,
  ports: Record<string, string>,
): Promise<string> {
  let text = await readFile(path.join(root, 'deploy/sallyport.yaml'), 'utf8');
  for (const [host, here] of Object.entries(hosts)) text = text.replaceAll(host, here);
  return text.replace('127.0.0.1:8085', `127.0.0.1:${ports['8085']}`);
}

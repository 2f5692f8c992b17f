import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '#contracts';
import {
  DATABASE,
  databaseRoles,
  defaultRuntimeDir,
  ensureDatabase,
  ensureModel,
  ensureNats,
  programArguments,
  type RunningProcess,
  type Secrets,
  type ServiceSurroundings,
  serviceEnvironment,
  serviceNodeOptions,
  startNats,
  startPostgres,
  startProcess,
  untilReady,
} from '#embedded';
import { applyTopology, natsAuthorization } from '#messaging';
import type { StartOptions } from './options.ts';
import type { Progress } from './progress.ts';

const READY_MS = 60_000;

/** What a start has running, in the order in which it is stopped. */
export interface Running {
  readonly services: RunningProcess[];
  readonly programs: RunningProcess[];
  readonly stores: RunningProcess[];
  /** Parts that are being opened, or were. */
  readonly opening: Promise<unknown>[];
  /** Set when the start ends: nothing new may begin. */
  closing: boolean;
}

export function nothingRunning(): Running {
  return { services: [], programs: [], stores: [], opening: [], closing: false };
}

/** Opens a part, unless the start is ending already. */
function opening<T>({ running }: StartContext, work: () => Promise<T>): Promise<T> {
  if (running.closing) return Promise.reject(new Error('the start is ending'));
  const task = work();
  running.opening.push(task.catch(() => undefined));
  return task;
}

export interface StartContext {
  readonly options: StartOptions;
  readonly secrets: Secrets;
  readonly progress: Progress;
  readonly running: Running;
}

function logFile({ options }: StartContext, name: string): string {
  return join(options.stateDir, 'logs', `${name}.log`);
}

/** The broker with a user per service, its streams and consumers; or the one that NATS_URL names. */
export function openBroker(context: StartContext): Promise<string> {
  return opening(context, () => broker(context));
}

async function broker(context: StartContext): Promise<string> {
  const { options, secrets, progress, running } = context;
  const user = { name: 'topology', password: secrets.natsPasswords.topology as string };
  const apply = (url: string) => applyTopology({ url, user: user.name, password: user.password });
  if (options.natsUrl !== undefined) {
    await apply(options.natsUrl);
    return options.natsUrl;
  }
  const runtimeDir = defaultRuntimeDir();
  const onProgress = (text: string) => progress.tell({ event: 'note', text: `  ${text}` });
  const { path } = await ensureNats({ runtimeDir, onProgress });
  return progress.timed('NATS JetStream', async () => {
    const server = await startNats({
      dir: join(options.stateDir, 'nats'),
      port: options.natsPort,
      config: natsAuthorization(secrets.natsPasswords),
      encryptionKeyFile: secrets.jetStreamKeyFile,
      user,
      binary: path,
      logFile: logFile(context, 'nats'),
    });
    running.stores.push(server.process);
    await apply(server.url);
    return server.url;
  });
}

type DatabaseAddress = Pick<ServiceSurroundings, 'superuserUrl' | 'databaseUrl'>;

/** Postgres with a login and a schema per service; or the one that DATABASE_URL names. */
export function openDatabase(context: StartContext): Promise<DatabaseAddress> {
  return opening(context, () => database(context));
}

async function database(context: StartContext): Promise<DatabaseAddress> {
  const { options, secrets, progress, running } = context;
  if (options.databaseUrl !== undefined) return { databaseUrl: options.databaseUrl };
  return progress.timed('Postgres', async () => {
    const server = await startPostgres({
      dir: join(options.stateDir, 'postgres'),
      port: options.postgresPort,
      logFile: logFile(context, 'postgres'),
    });
    running.stores.push(server.process);
    await ensureDatabase(server.superuserUrl, DATABASE, databaseRoles(secrets));
    return { superuserUrl: server.superuserUrl };
  });
}

/** The identity provider with the seeded people; or the one that --issuer names. */
export function openIdentity(context: StartContext): Promise<string> {
  return opening(context, () => identity(context));
}

async function identity(context: StartContext): Promise<string> {
  const { options } = context;
  if (options.issuer !== undefined) return options.issuer;
  const issuer = `http://127.0.0.1:${options.identityPort}`;
  const approvalUrl = `http://127.0.0.1:${options.ports.approval}`;
  await openProgram(context, {
    part: 'identity provider',
    program: 'libs/embedded/identity/provider-main',
    log: 'identity-provider',
    readyUrl: `${issuer}/healthz`,
    env: {
      SALLYPORT_IDENTITY_DIR: join(options.stateDir, 'identity'),
      SALLYPORT_IDENTITY_PORT: String(options.identityPort),
      SALLYPORT_AUDIENCE: options.audience,
      SALLYPORT_CONSOLE_REDIRECT_URIS: `${approvalUrl}/login/return`,
    },
  });
  return issuer;
}

/** The offline stand-in model; or the server that --model-url names. */
export function openModel(context: StartContext): Promise<string> {
  return opening(context, () => model(context));
}

async function model(context: StartContext): Promise<string> {
  const { options, secrets, progress } = context;
  if (options.modelUrl !== undefined) return options.modelUrl.replace(/\/v1$/, '');
  await ensureModel(defaultRuntimeDir(), (text) => progress.tell({ event: 'note', text: `  ${text}` }));
  const url = `http://127.0.0.1:${options.modelPort}`;
  await openProgram(context, {
    part: 'model',
    program: 'libs/embedded/model/main',
    log: 'model',
    readyUrl: `${url}/healthz`,
    env: {
      SALLYPORT_MODEL_PORT: String(options.modelPort),
      SALLYPORT_MODEL_KEY_FILE: secrets.modelKeyFile,
      SALLYPORT_RUNTIME_DIR: defaultRuntimeDir(),
    },
  });
  return url;
}

/** One of the five services, in its own process. */
export function openService(
  context: StartContext,
  service: ServiceName,
  around: ServiceSurroundings,
): Promise<RunningProcess> {
  return opening(context, () => oneService(context, service, around));
}

async function oneService(
  context: StartContext,
  service: ServiceName,
  around: ServiceSurroundings,
): Promise<RunningProcess> {
  const { options, progress, running } = context;
  const host = options.bind === '0.0.0.0' || options.bind === '::' ? '127.0.0.1' : options.bind;
  return progress.timed(service, async () => {
    const child = await startProcess({
      name: service,
      command: process.execPath,
      args: [...serviceNodeOptions, ...programArguments(`services/${service}/main`)],
      env: serviceEnvironment(service, around),
      logFile: logFile(context, service),
    });
    running.services.push(child);
    await untilReady(child, () => isOk(`http://${host}:${options.ports[service]}/readyz`), READY_MS);
    return child;
  });
}

interface Program {
  readonly part: string;
  readonly program: string;
  readonly log: string;
  readonly readyUrl: string;
  readonly env: NodeJS.ProcessEnv;
}

async function openProgram(
  context: StartContext,
  { part, program, log, readyUrl, env }: Program,
): Promise<void> {
  await context.progress.timed(part, async () => {
    const child = await startProcess({
      name: part,
      command: process.execPath,
      args: programArguments(program),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      logFile: logFile(context, log),
    });
    context.running.programs.push(child);
    await untilReady(child, () => isOk(readyUrl), READY_MS);
  });
}

function isOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Stops the services first, then what they used; also what was still being opened. */
export async function stopAll(running: Running): Promise<void> {
  running.closing = true;
  await stopProcesses(running);
  await Promise.all(running.opening);
  await stopProcesses(running);
}

async function stopProcesses(running: Running): Promise<void> {
  for (const group of [running.services, running.programs, running.stores]) {
    await Promise.all(group.map((child) => child.stop()));
  }
}

export async function makeStateDir(stateDir: string): Promise<void> {
  await mkdir(join(stateDir, 'logs'), { recursive: true, mode: 0o700 });
}

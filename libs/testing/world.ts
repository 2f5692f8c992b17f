import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { type ServiceName, serviceNames } from '#contracts';
import {
  DATABASE,
  databaseRoles,
  defaultRuntimeDir,
  ensureDatabase,
  ensureSecrets,
  freePorts,
  type IdentityProvider,
  type NatsServer,
  type PostgresServer,
  packageRoot,
  type RunningProcess,
  type Secrets,
  type ServiceSurroundings,
  serviceEnvironment,
  startIdentityProvider,
  startNats,
  startPostgres,
} from '#embedded';
import { applyTopology, Bus, natsAuthorization } from '#messaging';
import { type MockUpstream, startMockUpstream } from './mock-upstream.ts';
import { startProgram } from './program.ts';
import { type Tokens, tokensOf } from './tokens.ts';

export interface WorldOptions {
  /** Leave Postgres out where nothing needs it (saves about a second). */
  readonly postgres?: boolean;
  /** Postgres syncs commits to disk, as it does outside of tests. */
  readonly durable?: boolean;
  /** The real llama.cpp model as the upstream of connection `demo`, instead of the mock. */
  readonly model?: boolean;
  /** Text of `sallyport.yaml`; without it the shipped one, with this world's addresses. */
  readonly config?: (addresses: { issuer: string; upstream: string }) => string;
}

/** A test file's own broker, database, identity provider and model, on free ports, in a folder that goes away. */
export interface World {
  readonly dir: string;
  readonly secrets: Secrets;
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly idp: IdentityProvider;
  readonly tokens: Tokens;
  readonly upstream: MockUpstream;
  /** The real model's address, with `model: true`. */
  readonly modelUrl: string | undefined;
  readonly configFile: string;
  readonly natsUrl: string;
  /** Throws when the world was made without Postgres. */
  readonly superuserUrl: string;
  /** Process ids of the broker and the database. */
  readonly serverPids: readonly number[];
  urlOf(service: ServiceName): string;
  environment(service: ServiceName): NodeJS.ProcessEnv;
  /** A connection with a service's rights; closed with the world. */
  bus(user: ServiceName): Promise<Bus>;
  tokenFor(user: string): Promise<string>;
  /** Starts a service from its sources and waits for `/readyz`; a killed one can be started again. */
  startService(service: ServiceName, env?: NodeJS.ProcessEnv): Promise<RunningProcess>;
  /** Starts several at once. */
  startServices(services?: readonly ServiceName[]): Promise<void>;
  /** The running process of a service. */
  service(service: ServiceName): RunningProcess;
  /** Ends the broker with or without a chance to tidy up, and starts it again where it was. */
  stopNats(how?: 'stop' | 'kill'): Promise<void>;
  startNatsAgain(): Promise<void>;
  stopPostgres(how?: 'stop' | 'kill'): Promise<void>;
  startPostgresAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a world; about a second on an idle machine. Close it with `stop()` in `afterAll`. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-world-'));
  const secrets = await ensureSecrets(join(dir, 'secrets'));
  const withPostgres = options.postgres !== false;
  const [modelPort = 0, ...servicePorts] = await freePorts(1 + serviceNames.length);
  const ports = Object.fromEntries(serviceNames.map((name, k) => [name, servicePorts[k]])) as World['ports'];
  const [nats, postgres, idp, upstream, model] = await Promise.all([
    openNats(dir, 0, secrets),
    withPostgres ? openPostgres(dir, 0, secrets, options.durable === true) : undefined,
    startIdentityProvider({
      dir: join(dir, 'identity'),
      port: 0,
      consoleRedirectUris: [`http://127.0.0.1:${ports.approval}/login/return`],
    }),
    startMockUpstream(),
    options.model === true ? openModel(dir, modelPort, secrets) : undefined,
  ]);
  const modelUrl = model === undefined ? undefined : `http://127.0.0.1:${modelPort}`;
  const addresses = { issuer: idp.issuer, upstream: modelUrl ?? upstream.baseUrl };
  const configFile = join(dir, 'sallyport.yaml');
  await writeFile(configFile, options.config?.(addresses) ?? (await shippedConfig(addresses)));
  const durable = options.durable === true;
  const parts: Parts = {
    durable,
    dir,
    secrets,
    ports,
    idp,
    upstream,
    model,
    nats,
    postgres,
    modelUrl,
    configFile,
  };
  return openWorld(parts);
}

interface Parts {
  readonly dir: string;
  readonly secrets: Secrets;
  readonly ports: World['ports'];
  readonly idp: IdentityProvider;
  readonly upstream: MockUpstream;
  readonly model: RunningProcess | undefined;
  readonly modelUrl: string | undefined;
  readonly configFile: string;
  readonly durable: boolean;
  nats: NatsServer;
  postgres: PostgresServer | undefined;
}

function openWorld(parts: Parts): World {
  const { dir, secrets, ports, idp, upstream } = parts;
  const buses: Bus[] = [];
  const services = new Map<ServiceName, RunningProcess>();
  const natsPort = parts.nats.port;
  const superuserUrl = () => {
    if (parts.postgres === undefined) throw new Error('this world was made without Postgres');
    return parts.postgres.superuserUrl;
  };
  const surroundings = (): ServiceSurroundings => ({
    natsUrl: parts.nats.url,
    ...(parts.postgres === undefined ? {} : { superuserUrl: parts.postgres.superuserUrl }),
    ports,
    secrets,
    configFile: parts.configFile,
    stateDir: dir,
    issuer: idp.issuer,
    audience: idp.audience,
  });
  const startService: World['startService'] = async (service, env = {}) => {
    const child = await startProgram({
      name: service,
      program: `services/${service}/main`,
      env: { ...serviceEnvironment(service, surroundings()), ...env },
      logFile: join(dir, `${service}.log`),
      readyUrl: `http://127.0.0.1:${ports[service]}/readyz`,
    });
    services.set(service, child);
    void child.exited.then(({ code }) => {
      if (code) process.stderr.write(`${service} ended with ${code}:\n${lastOf(child.logFile)}\n`);
    });
    return child;
  };
  return {
    dir,
    secrets,
    ports,
    idp,
    tokens: tokensOf(idp),
    upstream,
    modelUrl: parts.modelUrl,
    configFile: parts.configFile,
    natsUrl: parts.nats.url,
    get superuserUrl() {
      return superuserUrl();
    },
    get serverPids() {
      return [parts.nats.process, parts.postgres?.process].flatMap((server) => (server ? [server.pid] : []));
    },
    urlOf: (service) => `http://127.0.0.1:${ports[service]}`,
    environment: (service) => serviceEnvironment(service, surroundings()),
    bus: async (user) => {
      const bus = await Bus.connect({
        url: parts.nats.url,
        user,
        password: secrets.natsPasswords[user] as string,
      });
      buses.push(bus);
      return bus;
    },
    tokenFor: (user) => idp.mint({ user }),
    startService,
    startServices: async (names = serviceNames) =>
      void (await Promise.all(names.map((name) => startService(name)))),
    service: (name) => {
      const child = services.get(name);
      if (child === undefined) throw new Error(`${name} was not started`);
      return child;
    },
    stopNats: (how = 'stop') => parts.nats.process[how](),
    startNatsAgain: async () => {
      parts.nats = await openNats(dir, natsPort, secrets);
    },
    stopPostgres: async (how = 'stop') => parts.postgres?.process[how](),
    startPostgresAgain: async () => {
      parts.postgres = await openPostgres(dir, Number(new URL(superuserUrl()).port), secrets, parts.durable);
    },
    stop: async () => {
      await Promise.all([...services.values()].map((child) => child.stop(5_000)));
      await Promise.all(buses.map((bus) => bus.close().catch(() => undefined)));
      await Promise.all([
        parts.nats.stop(),
        parts.postgres?.stop(),
        idp.stop(),
        upstream.stop(),
        parts.model?.stop(),
      ]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The end of a log, which says why its program ended. */
function lastOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').slice(-4000);
}

async function openNats(dir: string, port: number, secrets: Secrets): Promise<NatsServer> {
  const user = { name: 'topology', password: secrets.natsPasswords.topology as string };
  const server = await startNats({
    dir: join(dir, 'nats'),
    port,
    config: natsAuthorization(secrets.natsPasswords),
    encryptionKeyFile: secrets.jetStreamKeyFile,
    user,
  });
  await applyTopology({ url: server.url, user: user.name, password: user.password });
  return server;
}

async function openPostgres(
  dir: string,
  port: number,
  secrets: Secrets,
  durable: boolean,
): Promise<PostgresServer> {
  const server = await startPostgres({ dir: join(dir, 'postgres'), port, durable });
  await ensureDatabase(server.superuserUrl, DATABASE, databaseRoles(secrets));
  return server;
}

function openModel(dir: string, port: number, secrets: Secrets): Promise<RunningProcess> {
  return startProgram({
    name: 'model',
    program: 'libs/embedded/model/main',
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SALLYPORT_MODEL_PORT: String(port),
      SALLYPORT_MODEL_KEY_FILE: secrets.modelKeyFile,
      SALLYPORT_RUNTIME_DIR: defaultRuntimeDir(),
    },
    logFile: join(dir, 'model.log'),
    readyUrl: `http://127.0.0.1:${port}/healthz`,
    timeoutMs: 180_000,
  });
}

async function shippedConfig(addresses: { issuer: string; upstream: string }): Promise<string> {
  const document = parseDocument(await readFile(join(packageRoot(), 'sallyport.yaml'), 'utf8'));
  document.setIn(['identity', 'issuers', 0, 'issuer'], addresses.issuer);
  document.setIn(['connections', 'demo', 'baseUrl'], addresses.upstream);
  return document.toString();
}

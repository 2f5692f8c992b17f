import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { type ServiceName, serviceNames } from '#contracts';
import {
  ensureSecrets,
  type NeededPort,
  PASSWORDS_FILE,
  type RunningProcess,
  requireFreePorts,
  type ServiceSurroundings,
  StartProblem,
} from '#embedded';
import { type Addresses, recordAddresses } from '../addresses.ts';
import { effectiveConfig } from './config.ts';
import { findModelServers, modelsAt } from './models.ts';
import { startOne } from './one-service.ts';
import { addStartOptions, portFlag, readStartOptions, type StartOptions } from './options.ts';
import {
  makeStateDir,
  nothingRunning,
  openBroker,
  openDatabase,
  openIdentity,
  openModel,
  openService,
  type StartContext,
  stopAll,
} from './parts.ts';
import { type Progress, progressOn } from './progress.ts';
import { screen } from './screen.ts';
import { forgetProcesses, recordProcesses, resetState, stopLeftovers } from './state.ts';
import { watchParts } from './watch-parts.ts';

/** Adds `start`: everything Sallyport needs on this machine, started, shown and stopped together. */
export function registerStart(program: Command): void {
  addStartOptions(
    program.command('start').description('start everything on this machine; Ctrl-C stops it'),
  ).action(async (flags) => {
    const progress = progressOn((text) => process.stdout.write(text), flags.json === true);
    process.exitCode = await start(() => readStartOptions(flags, process.env), progress, untilInterrupted());
  });
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one during the tidying up changes nothing. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

/** Runs a start to its end. @returns the exit code */
async function start(
  read: () => StartOptions,
  progress: Progress,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const options = read();
    return await (options.only === undefined
      ? startAll(options, progress, interrupted)
      : startOne(options, progress, interrupted));
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    progress.tell({ event: 'note', text: error.line() });
    return 1;
  }
}

async function startAll(
  options: StartOptions,
  progress: Progress,
  interrupted: Promise<void>,
): Promise<number> {
  const began = performance.now();
  const tidied = await stopLeftovers(options.stateDir);
  if (tidied > 0)
    progress.tell({ event: 'note', text: `Stopped ${tidied} processes of a start that was killed.` });
  if (options.reset) await resetState(options.stateDir);
  await makeStateDir(options.stateDir);
  const offered = options.modelUrl === undefined ? await findModelServers() : [];
  await requireFreePorts(neededPorts(options));
  const secrets = await ensureSecrets(join(options.stateDir, 'secrets'), options.natsPasswords);
  const context: StartContext = {
    options,
    secrets,
    progress,
    running: nothingRunning(),
  };
  const opening = openAll(context);
  try {
    const opened = await orInterrupted(opening, interrupted);
    if (opened === undefined) return 0;
    const { configFile: config, openAgain } = opened;
    await recordAddresses(options.stateDir, { ...addressesOf(options), config });
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    progress.tell({ event: 'note', text: `Everything is ready in ${seconds.toFixed(1)} s.` });
    if (options.exitWhenReady) return 0;
    showScreen(context, opened.model, offered);
    const stopReporting = watchParts(context, openAgain);
    await interrupted;
    stopReporting();
    progress.tell({ event: 'note', text: 'Stopping' });
    return 0;
  } finally {
    await stopAll(context.running);
    await opening.catch(() => undefined);
    await forgetProcesses(options.stateDir);
  }
}

/** The work's result, or nothing when Ctrl-C came first. */
async function orInterrupted<T>(work: Promise<T>, interrupted: Promise<void>): Promise<T | undefined> {
  work.catch(() => undefined);
  return Promise.race([work, interrupted.then(() => undefined)]);
}

interface Opened {
  /** The model that people may ask for first. */
  readonly model: string;
  readonly configFile: string;
  /** Opens a service that ended, as it was. */
  readonly openAgain: (service: ServiceName) => Promise<RunningProcess>;
}

async function openAll(context: StartContext): Promise<Opened> {
  const { options, secrets, running } = context;
  const record = () =>
    recordProcesses(options.stateDir, [...running.services, ...running.programs, ...running.stores]);
  const opened = Promise.all([
    openBroker(context),
    openDatabase(context),
    openIdentity(context),
    openModel(context),
  ]);
  const [natsUrl, database, issuer, modelUrl] = await opened.finally(record);
  const config = await effectiveConfig(options.configFile, options.stateDir, {
    issuer,
    audience: options.audience,
    model: { url: modelUrl, ...(options.modelUrl === undefined ? {} : { own: await modelsAt(modelUrl) }) },
  });
  const around = surroundings(options, { ...database, natsUrl, issuer, secrets, configFile: config.file });
  const open = (service: ServiceName) => openService(context, service, around);
  await Promise.all(serviceNames.map(open)).finally(record);
  const openAgain = (service: ServiceName) => open(service).finally(record);
  return { model: config.model, configFile: config.file, openAgain };
}

type Stores = Pick<
  ServiceSurroundings,
  'natsUrl' | 'issuer' | 'secrets' | 'configFile' | 'superuserUrl' | 'databaseUrl'
>;

function surroundings(options: StartOptions, opened: Stores): ServiceSurroundings {
  const { ports, stateDir, audience, bind } = options;
  return { ...opened, ports, stateDir, audience, bind };
}

function neededPorts(options: StartOptions): NeededPort[] {
  const port = (part: Parameters<typeof portFlag>[0], number: number): NeededPort => ({
    part,
    port: number,
    option: portFlag(part),
  });
  return [
    ...serviceNames.map((service) => port(service, options.ports[service])),
    ...(options.issuer === undefined ? [port('identity', options.identityPort)] : []),
    ...(options.modelUrl === undefined ? [port('model', options.modelPort)] : []),
    ...(options.natsUrl === undefined ? [port('nats', options.natsPort)] : []),
    ...(options.databaseUrl === undefined ? [port('postgres', options.postgresPort)] : []),
  ];
}

const loopback = (port: number) => `http://127.0.0.1:${port}`;

function addressesOf(options: StartOptions): Omit<Addresses, 'config'> {
  const { ports, issuer, identityPort, natsUrl, natsPort } = options;
  return {
    ingress: loopback(ports.ingress),
    approval: loopback(ports.approval),
    audit: loopback(ports.audit),
    policy: loopback(ports.policy),
    identity: issuer ?? loopback(identityPort),
    nats: natsUrl ?? `nats://127.0.0.1:${natsPort}`,
  };
}

function showScreen(
  { options, progress }: StartContext,
  model: string,
  offered: readonly { name: string; url: string }[],
) {
  const addresses = addressesOf(options);
  const urls = {
    gateway: `${addresses.ingress}/v1`,
    approvals: addresses.approval,
    audit: addresses.audit,
    policy: addresses.policy,
    'identity provider': addresses.identity,
    model: options.modelUrl ?? loopback(options.modelPort),
  };
  const text = screen({
    urls,
    model,
    isStandIn: options.modelUrl === undefined,
    hasSeededPeople: options.issuer === undefined,
    passwordsFile: relative(process.cwd(), join(options.stateDir, 'identity', PASSWORDS_FILE)),
    offered,
  });
  progress.tell({ event: 'screen', text, urls });
}

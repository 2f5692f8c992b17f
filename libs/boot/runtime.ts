import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { RefusalListener, RoleSource, TokenGuard, TokenStrategy, TokenVerifier } from '#auth';
import type { ServiceName } from '#contracts';
import { BodyStore, Bus, type EventStrategy, Settlement } from '#messaging';
import { ConfigVerifier, Sealer, secretFiles } from '#sealing';
import { createLogger, type Logger, metrics } from '#telemetry';
import { ActiveConfig } from './following/active-config.ts';
import { DeniedRecorder } from './http/denied-recorder.ts';
import { HealthController } from './http/health.controller.ts';
import { WhoamiController } from './http/whoami.controller.ts';
import { Readiness } from './readiness.ts';
import { SecretReferences } from './secret-references.ts';
import type { ServiceSettings } from './settings.ts';

/** Injection token of the process's pino logger. */
export const LOGGER = Symbol('logger');
/** Injection token of `ServiceSettings`. */
export const SETTINGS = Symbol('settings');

/** What every service holds while it runs, opened and closed in order. */
export interface Runtime {
  settings: ServiceSettings;
  logger: Logger;
  bus: Bus;
  sealer: Sealer;
  settlement: Settlement;
  config: ActiveConfig;
  verifier: TokenVerifier;
  readiness: Readiness;
  denied: DeniedRecorder;
  bodies: BodyStore;
  strategy?: EventStrategy;
}

/** Reads a secret of the secrets directory. */
export async function readSecret(settings: ServiceSettings, file: string): Promise<string> {
  return (await readFile(path.join(settings.secretsDir, file), 'utf8')).trim();
}

/** Connects to the broker, reads the key, follows the configuration. */
export async function openRuntime(settings: ServiceSettings): Promise<Runtime> {
  const logger = createLogger(settings.service, settings.logLevel);
  const { natsUrl: url, natsUser: user, natsPassword: password } = settings;
  const bus = await Bus.connect({
    url,
    user,
    password,
    onStatus: (status) => logger.info({ status }, 'broker'),
    onError: (err) => logger.error({ err }, 'what was heard live could not be taken'),
  });
  const keys = await settings.keys.read();
  const configKey = new ConfigVerifier(await readSecret(settings, secretFiles.configVerifyKey));
  const config = new ActiveConfig(bus, configKey, logger);
  const references = new SecretReferences(settings.secretsDir);
  const verifier = new TokenVerifier((reference) => references.open(reference));
  config.onChange(({ document }) => verifier.accept(issuersOf(settings, document.identity.issuers)));
  await config.start();
  const readiness = new Readiness();
  readiness.add('broker', () => bus.connected);
  readiness.add('config', () => config.current !== undefined);
  readiness.describe('config', () => config.describe());
  return {
    settings,
    logger,
    bus,
    config,
    verifier,
    readiness,
    sealer: new Sealer(bus, keys),
    settlement: openSettlement(bus, settings.service, logger),
    denied: new DeniedRecorder(bus, settings.service, logger),
    bodies: new BodyStore(bus),
  };
}

type Issuers = Parameters<TokenVerifier['accept']>[0];

function issuersOf(settings: ServiceSettings, listed: Issuers): Issuers {
  if (settings.issuer === undefined || listed.some(({ issuer }) => issuer === settings.issuer)) return listed;
  const groups = { claim: 'groups', unmapped: 'keep' as const };
  return [...listed, { issuer: settings.issuer, audience: settings.audience, groups, nameClaim: 'name' }];
}

function openSettlement(bus: Bus, service: ServiceName, logger: Logger): Settlement {
  return new Settlement(bus, service, {
    maxDeliveries: 5,
    backoffMs: [200, 1000, 5000, 15_000],
    onError: (err, { subject, sequence, deliveries }, exit) => {
      metrics.settled.inc({ exit });
      logger.warn({ err, subject, sequence, deliveries, exit }, 'event handler failed');
    },
  });
}

/** Makes the runtime's parts injectable by class. */
@Module({})
export class RuntimeModule {
  static with(runtime: Runtime): DynamicModule {
    const value = (provide: unknown, useValue: unknown) => ({ provide: provide as never, useValue });
    const parts = [
      value(Bus, runtime.bus),
      value(Sealer, runtime.sealer),
      value(Settlement, runtime.settlement),
      value(ActiveConfig, runtime.config),
      value(TokenVerifier, runtime.verifier),
      value(Readiness, runtime.readiness),
      value(DeniedRecorder, runtime.denied),
      value(BodyStore, runtime.bodies),
      value(RoleSource, runtime.config),
      value(RefusalListener, runtime.denied),
      value(LOGGER, runtime.logger),
      value(SETTINGS, runtime.settings),
    ];
    return {
      module: RuntimeModule,
      global: true,
      imports: [DiscoveryModule, PassportModule],
      controllers: [HealthController, WhoamiController],
      providers: [...parts, TokenStrategy, { provide: APP_GUARD, useClass: TokenGuard }],
      exports: parts.map(({ provide }) => provide),
    };
  }
}

import { Module, type Type } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { EventStrategy } from '#messaging';
import { createLogger, flushSpans, startMetrics, tracing } from '#telemetry';
import { serveApiDocs } from './http/api-docs.ts';
import { refuseConnection } from './http/connection-errors.ts';
import { ErrorFilter, validationPipe } from './http/error-filter.ts';
import { addHttpSpans } from './http/http-spans.ts';
import { closePipelined } from './http/pipelined.ts';
import { openRuntime, type Runtime, RuntimeModule } from './runtime.ts';
import type { ServiceSettings } from './settings.ts';

export interface BootOptions {
  module: Type;
  settings: ServiceSettings;
  /** Routes on the Fastify instance under Nest, outside its pipeline; for hot paths only. */
  routes?: (app: NestFastifyApplication) => void | Promise<void>;
  /** Most bytes of a request body. */
  bodyLimitBytes?: number;
}

/** A running service. */
export interface RunningService {
  app: NestFastifyApplication;
  runtime: Runtime;
  close(): Promise<void>;
}

const closeTimeoutMs = 20_000;
/** How often connections are looked over for requests that take too long to arrive, in ms. */
const connectionsCheckingInterval = 1000;

/** Starts a service: broker, configuration, Nest on Fastify, event handlers, HTTP. Closes in the opposite order. */
export async function bootService(options: BootOptions): Promise<RunningService> {
  startMetrics(options.settings.service);
  const runtime = await openRuntime(options.settings);
  try {
    return await serve(options, runtime);
  } catch (error) {
    await closeRuntime(runtime);
    throw error;
  }
}

async function serve(options: BootOptions, runtime: Runtime): Promise<RunningService> {
  const { settings } = options;
  const app = await createApp(options, runtime);
  await options.routes?.(app);
  await app.init();
  const strategy = collectHandlers(app, runtime);
  app.connectMicroservice({ strategy });
  await app.startAllMicroservices();
  await app.listen(settings.port, settings.bind);
  runtime.logger.info({ port: settings.port, instance: settings.instance }, 'ready');
  return { app, runtime, close: () => close(app, runtime, strategy) };
}

async function createApp(options: BootOptions, runtime: Runtime): Promise<NestFastifyApplication> {
  @Module({ imports: [RuntimeModule.with(runtime), options.module] })
  class Root {}
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    requestTimeout: 60_000,
    connectionTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    http: { connectionsCheckingInterval },
    clientErrorHandler: refuseConnection,
    rewriteUrl: ({ url = '/' }) => originForm(url),
  });
  const app = await NestFactory.create<NestFastifyApplication>(Root, adapter, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  closePipelined(app.getHttpServer());
  if (tracing) addHttpSpans(app.getHttpAdapter().getInstance());
  app.useGlobalFilters(new ErrorFilter(runtime.logger));
  app.useGlobalPipes(validationPipe());
  const title = `Sallyport ${options.settings.service}`;
  const document = new DocumentBuilder().setTitle(title).addBearerAuth().build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, document), {
    jsonDocumentUrl: 'openapi.json',
    ui: false,
    raw: ['json'],
  });
  serveApiDocs(app, title);
  return app;
}

/** A target in absolute form (RFC 9112, 3.2.2) is the same as its path here: there is one server, whatever it is called. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
}

function collectHandlers(app: NestFastifyApplication, runtime: Runtime): EventStrategy {
  const strategy = new EventStrategy(runtime.bus, runtime.settlement, (trouble) =>
    runtime.logger.warn({ trouble }, 'consumer'),
  );
  const instances = app
    .get(DiscoveryService, { strict: false })
    .getProviders()
    .map(({ instance }) => instance as unknown)
    .filter((instance): instance is object => typeof instance === 'object' && instance !== null);
  strategy.collect([...new Set(instances)]);
  return strategy;
}

async function close(app: NestFastifyApplication, runtime: Runtime, strategy: EventStrategy): Promise<void> {
  runtime.readiness.close();
  await strategy.close();
  await app.close();
  await closeRuntime(runtime);
}

async function closeRuntime(runtime: Runtime): Promise<void> {
  await runtime.denied.close();
  runtime.config.close();
  runtime.sealer.close();
  await runtime.bus.close();
  await flushSpans().catch(() => undefined);
}

/** A service's `main`: boots, and closes on SIGTERM and SIGINT. Exits with 1 and one line where it can't start. */
export async function runService(service: string, boot: () => Promise<RunningService>): Promise<void> {
  try {
    const running = await boot();
    const stop = (): void => {
      setTimeout(() => process.exit(1), closeTimeoutMs).unref();
      running.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    createLogger(service, 'info').fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
}

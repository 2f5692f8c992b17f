import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ServiceName, SubjectToken } from '#contracts';
import { type KeySource, keySource } from '#sealing';

const port = z.coerce.number().int().min(1).max(65_535);

/** The environment that every service reads; a service's `config.ts` adds its own. */
export const CommonEnvironment = z.object({
  NATS_URL: z.string().default('nats://127.0.0.1:4322'),
  NATS_USER: z.string().optional(),
  /** A file that holds the password; nothing secret stands in the environment itself. */
  NATS_PASSWORD_FILE: z.string(),
  DATABASE_URL: z.string().optional(),
  SALLYPORT_BIND: z.string().default('127.0.0.1'),
  SALLYPORT_SECRETS_DIR: z.string(),
  /** An issuer accepted besides those of `sallyport.yaml`. */
  SALLYPORT_ISSUER: z.url().optional(),
  SALLYPORT_AUDIENCE: z.string().default('sallyport'),
  /** This replica's name: one NATS subject token. */
  SALLYPORT_INSTANCE: SubjectToken.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export const defaultPorts: Record<ServiceName, number> = {
  ingress: 8080,
  approval: 8081,
  audit: 8082,
  policy: 8083,
  masking: 8084,
};

/** What every service runs with, parsed once. */
export interface ServiceSettings {
  service: ServiceName;
  natsUrl: string;
  natsUser: string;
  natsPassword: string;
  databaseUrl: string | undefined;
  bind: string;
  port: number;
  secretsDir: string;
  /** Where the key-encryption keys come from. */
  keys: KeySource;
  issuer: string | undefined;
  audience: string;
  instance: string;
  logLevel: string;
}

/** A setting is missing or wrong; the message names the variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Parses part of the environment. Throws `SettingsError` naming each variable and what was expected. */
export function readEnvironment<S extends z.ZodType>(schema: S, environment: NodeJS.ProcessEnv): z.infer<S> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data as z.infer<S>;
  const lines = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return environment[name] === undefined ? `${name} is not set` : `${name}: ${message}`;
  });
  throw new SettingsError(lines.join('; '));
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new SettingsError(`NATS_PASSWORD_FILE: can't read ${file}`, { cause });
  }
}

/** The common settings of a service. `instance` tells replicas apart, e.g. a pod's name. */
export function readSettings(service: ServiceName, environment: NodeJS.ProcessEnv): ServiceSettings {
  const env = readEnvironment(CommonEnvironment, environment);
  const portName = `SALLYPORT_${service.toUpperCase()}_PORT`;
  const ports = readEnvironment(z.object({ [portName]: port.default(defaultPorts[service]) }), environment);
  return {
    service,
    natsUrl: env.NATS_URL,
    natsUser: env.NATS_USER ?? service,
    natsPassword: readPassword(env.NATS_PASSWORD_FILE),
    databaseUrl: env.DATABASE_URL,
    bind: env.SALLYPORT_BIND,
    port: ports[portName] ?? defaultPorts[service],
    secretsDir: env.SALLYPORT_SECRETS_DIR,
    keys: keySource(env.SALLYPORT_SECRETS_DIR, environment),
    issuer: env.SALLYPORT_ISSUER,
    audience: env.SALLYPORT_AUDIENCE,
    instance: env.SALLYPORT_INSTANCE ?? `${service}-1`,
    logLevel: env.LOG_LEVEL,
  };
}

import { join } from 'node:path';
import { type ServiceName, serviceNames } from '#contracts';
import { type DatabaseRole, roleUrl } from './postgres/roles.ts';
import { NATS_PASSWORD_FILE, type Secrets } from './secrets.ts';

/** The name of the database that the embedded Postgres holds; a schema and a login per service in it. */
export const DATABASE = 'sallyport';

/** The login that owns audit's tables; audit itself reads and writes their rows only. */
const AUDIT_OWNER = 'audit_owner';

/** The logins of the embedded Postgres: one for each service. */
export function databaseRoles(secrets: Secrets): DatabaseRole[] {
  const own = (name: ServiceName): DatabaseRole => ({
    name,
    password: secrets.databasePasswords[name],
    owns: name !== 'audit',
  });
  return [...serviceNames.map(own), auditOwner(secrets)];
}

function auditOwner(secrets: Secrets): DatabaseRole {
  return { name: AUDIT_OWNER, password: secrets.auditOwnerPassword, schema: 'audit' };
}

/** What the five processes have to be told; everything else they know or read from files. */
export interface ServiceSurroundings {
  readonly natsUrl: string;
  /** The server as superuser (each service gets its own login) … */
  readonly superuserUrl?: string;
  /** … or one address for all. */
  readonly databaseUrl?: string;
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly secrets: Secrets;
  readonly configFile: string;
  readonly stateDir: string;
  readonly issuer: string;
  readonly audience: string;
  readonly bind?: string;
}

/** The environment of one service's process, secrets left in files. Nothing of the caller's environment but PATH-like names passes. */
export function serviceEnvironment(service: ServiceName, around: ServiceSurroundings): NodeJS.ProcessEnv {
  const dir = around.secrets.dirOf(service);
  const bind = around.bind ?? '127.0.0.1';
  return {
    ...inherited(),
    NATS_URL: around.natsUrl,
    NATS_USER: service,
    NATS_PASSWORD_FILE: join(dir, NATS_PASSWORD_FILE),
    ...databaseEnvironment(service, around),
    [`SALLYPORT_${service.toUpperCase()}_PORT`]: String(around.ports[service]),
    SALLYPORT_BIND: bind,
    SALLYPORT_CONFIG: around.configFile,
    SALLYPORT_STATE_DIR: around.stateDir,
    SALLYPORT_SECRETS_DIR: dir,
    SALLYPORT_ISSUER: around.issuer,
    SALLYPORT_AUDIENCE: around.audience,
    ...Object.fromEntries(
      serviceNames.map((name) => [
        `SALLYPORT_${name.toUpperCase()}_URL`,
        `http://127.0.0.1:${around.ports[name]}`,
      ]),
    ),
  };
}

function databaseEnvironment(service: ServiceName, around: ServiceSurroundings): NodeJS.ProcessEnv {
  const { superuserUrl, databaseUrl, secrets } = around;
  if (superuserUrl === undefined) return databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const urlOf = (role: DatabaseRole) => roleUrl(superuserUrl, role, DATABASE);
  const own = urlOf({ name: service, password: secrets.databasePasswords[service] });
  return {
    DATABASE_URL: own,
    ...(service === 'audit' ? { AUDIT_OWNER_DATABASE_URL: urlOf(auditOwner(secrets)) } : {}),
  };
}

const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_OPTIONS', 'LOG_LEVEL'];

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => PASSED_ON.includes(name) || name.startsWith('OTEL_')),
  );
}

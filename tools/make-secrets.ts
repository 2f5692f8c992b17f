import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceName } from '#contracts';
import { ensureSecrets, type Secrets, serviceEnvironment } from '#embedded';
import { natsUsers, passwordVariable } from '#messaging';

/**
 * `npm run deploy:secrets`: makes what a deployment must keep secret, once. Files are readable by their owner only;
 * each service's folder holds what that service needs and nothing else.
 */
const dir = path.resolve(process.argv[2] ?? 'deploy/secrets');
const databaseHost = process.argv[3] ?? 'postgres:5432';

async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(path.join(dir, file), text, { mode: 0o600 });
  await chmod(path.join(dir, file), 0o600);
}

const lines = (values: Record<string, string | undefined>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** What a service needs to reach its own part of the database. */
function databaseVariables(service: ServiceName, secrets: Secrets): Record<string, string | undefined> {
  const env = serviceEnvironment(service, {
    natsUrl: '',
    superuserUrl: `postgres://postgres@${databaseHost}/postgres`,
    ports: { ingress: 0, policy: 0, approval: 0, masking: 0, audit: 0 },
    secrets,
    configFile: '',
    stateDir: '',
    issuer: '',
    audience: '',
  });
  const owner = `${service.toUpperCase()}_OWNER_DATABASE_URL`;
  return { DATABASE_URL: env.DATABASE_URL, [owner]: env[owner] };
}

const secrets = await ensureSecrets(dir);
const passwords = natsUsers.map((user) => [passwordVariable(user), secrets.natsPasswords[user]]);
const encryptionKey = (await readFile(secrets.jetStreamKeyFile, 'utf8')).trim();
await writePrivate(
  'nats.env',
  lines({ ...Object.fromEntries(passwords), SALLYPORT_NATS_ENCRYPTION_KEY: encryptionKey }),
);
const known = await readFile(path.join(dir, 'postgres-password'), 'utf8').catch(() => undefined);
const superuser = known ?? randomBytes(24).toString('base64url');
await writePrivate('postgres-password', superuser);
await writePrivate(
  'postgres.env',
  lines({ POSTGRES_SUPERUSER_URL: `postgres://postgres:${superuser}@${databaseHost}/postgres` }),
);
for (const service of ['approval', 'audit'] as const)
  await writePrivate(`${service}/database.env`, lines(databaseVariables(service, secrets)));
console.log(`secrets are in ${path.relative(process.cwd(), dir) || dir}`);

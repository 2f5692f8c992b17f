import { DATABASE, databaseRoles, ensureDatabase, ensureSecrets } from '#embedded';
import { applyTopology, topologyUser } from '#messaging';

/**
 * A deployment's first step, safe to repeat: makes the broker's streams, buckets and consumers, and a database login
 * and schema for each service. Needs `NATS_URL`, `POSTGRES_SUPERUSER_URL` and `SALLYPORT_SECRETS_DIR` (all secrets).
 */
function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

const secrets = await ensureSecrets(required('SALLYPORT_SECRETS_DIR'));
const password = secrets.natsPasswords[topologyUser] ?? '';
await applyTopology({ url: required('NATS_URL'), user: topologyUser, password });
console.log('streams, buckets and consumers are there');
await ensureDatabase(required('POSTGRES_SUPERUSER_URL'), DATABASE, databaseRoles(secrets));
console.log('database logins and schemas are there');

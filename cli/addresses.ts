import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageRoot } from '#embedded';

/** Parts that commands speak with or read, and where they are unless somebody says otherwise. */
const usual = {
  ingress: 'http://127.0.0.1:8080',
  approval: 'http://127.0.0.1:8081',
  audit: 'http://127.0.0.1:8082',
  policy: 'http://127.0.0.1:8083',
  identity: 'http://127.0.0.1:8085',
  nats: 'nats://127.0.0.1:4322',
  config: 'sallyport.yaml',
} as const;
export type Addresses = Readonly<Record<keyof typeof usual, string>>;

/** What says that a part is elsewhere. */
const variables: Readonly<Record<keyof Addresses, string>> = {
  ingress: 'SALLYPORT_INGRESS_URL',
  approval: 'SALLYPORT_APPROVAL_URL',
  audit: 'SALLYPORT_AUDIT_URL',
  policy: 'SALLYPORT_POLICY_URL',
  identity: 'SALLYPORT_ISSUER',
  nats: 'NATS_URL',
  config: 'SALLYPORT_CONFIG',
};

const file = 'addresses.json';

/** A start tells commands in its folder where its parts are: they may have been moved by flags. */
export async function recordAddresses(stateDir: string, addresses: Addresses): Promise<void> {
  await writeFile(join(stateDir, file), JSON.stringify(addresses));
}

/**
 * Where a part is: what its variable says, else where the last start in `SALLYPORT_STATE_DIR` (`.sallyport/`) put it,
 * else where it usually is.
 */
export function addressOf(part: keyof Addresses): string {
  return process.env[variables[part]] ?? recorded()[part] ?? usual[part];
}

function recorded(): Partial<Addresses> {
  const stateDir = resolve(process.env.SALLYPORT_STATE_DIR ?? join(packageRoot(), '.sallyport'));
  try {
    return JSON.parse(readFileSync(join(stateDir, file), 'utf8')) as Partial<Addresses>;
  } catch {
    return {};
  }
}

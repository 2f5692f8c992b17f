import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageRoot } from '#embedded';

/** Parts that commands speak with, and where they are unless somebody says otherwise. */
const usual = {
  ingress: 'http://127.0.0.1:8080',
  approval: 'http://127.0.0.1:8081',
  audit: 'http://127.0.0.1:8082',
  policy: 'http://127.0.0.1:8083',
  identity: 'http://127.0.0.1:8085',
} as const;
export type Addresses = Readonly<Record<keyof typeof usual, string>>;

const file = 'addresses.json';

/** A start tells commands in its folder where its parts are: they may have been moved by flags. */
export async function recordAddresses(stateDir: string, addresses: Addresses): Promise<void> {
  await writeFile(join(stateDir, file), JSON.stringify(addresses));
}

/**
 * Where a part is: what `SALLYPORT_<PART>_URL` says (of the identity provider: `SALLYPORT_ISSUER`), else where the
 * last start in `SALLYPORT_STATE_DIR` (`.sallyport/`) put it, else its usual port.
 */
export function addressOf(part: keyof Addresses): string {
  const variable = part === 'identity' ? 'SALLYPORT_ISSUER' : `SALLYPORT_${part.toUpperCase()}_URL`;
  return process.env[variable] ?? recorded()[part] ?? usual[part];
}

function recorded(): Partial<Addresses> {
  const stateDir = resolve(process.env.SALLYPORT_STATE_DIR ?? join(packageRoot(), '.sallyport'));
  try {
    return JSON.parse(readFileSync(join(stateDir, file), 'utf8')) as Partial<Addresses>;
  } catch {
    return {};
  }
}

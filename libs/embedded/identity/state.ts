import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { SEEDED_USERS, SERVICE_ACCOUNTS } from './users.ts';

/** What the provider must remember between starts; one file, readable by its owner only. */
export interface IdentityState {
  readonly signingKey: JWK;
  readonly cookieKey: string;
  /** Guards the local token endpoint. */
  readonly tokenSecret: string;
  /** By user name. */
  readonly passwords: Readonly<Record<string, string>>;
  /** By service account name. */
  readonly clientSecrets: Readonly<Record<string, string>>;
}

/** The file inside the provider's folder that a local client reads to ask for tokens. */
export const TOKEN_SECRET_FILE = 'token-secret';
/** The file with the seeded people's passwords, for a person to read. */
export const PASSWORDS_FILE = 'passwords.json';
const STATE_FILE = 'identity.json';

/** Reads the provider's keys and passwords, or makes them at the first start. */
export async function loadIdentityState(dir: string): Promise<IdentityState> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, STATE_FILE);
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (known !== undefined) return JSON.parse(known) as IdentityState;
  const state = await newState();
  await writePrivate(join(dir, TOKEN_SECRET_FILE), state.tokenSecret);
  await writePrivate(join(dir, PASSWORDS_FILE), `${JSON.stringify(state.passwords, null, 2)}\n`);
  await writePrivate(path, JSON.stringify(state));
  return state;
}

async function newState(): Promise<IdentityState> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomBytes(8).toString('hex');
  return {
    signingKey: { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' },
    cookieKey: secret(),
    tokenSecret: secret(),
    passwords: Object.fromEntries(
      SEEDED_USERS.map(({ name }) => [name, randomBytes(9).toString('base64url')]),
    ),
    clientSecrets: Object.fromEntries(SERVICE_ACCOUNTS.map(({ name }) => [name, secret()])),
  };
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

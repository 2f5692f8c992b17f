import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Connection, secretReferenceOf } from '#contracts';

/** A connection's secret can't be read: nothing is sent. The message names the reference, never the secret. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

/** A credential ready to be sent, and what must never show up in an answer. */
export interface OpenedCredential {
  readonly header: readonly [name: string, value: string] | undefined;
  readonly secrets: readonly Buffer[];
}

const nothing: OpenedCredential = { header: undefined, secrets: [] };
/** A file is read again after this long, so that a rotated secret is taken without a restart. */
const fileCacheMs = 5000;
const shortestSecret = 8;

/** Opens connections' credentials at the moment they are used. */
export class Credentials {
  private readonly files = new Map<string, { opened: OpenedCredential; until: number }>();

  constructor(
    private readonly secretsDir: string,
    private readonly environment: (name: string) => string | undefined,
  ) {}

  /** The credential that a connection names. Throws `CredentialError` where its secret is missing. */
  async open(credential: Connection['credential'], nowMs: number): Promise<OpenedCredential> {
    if (credential.kind === 'none') return nothing;
    const { from, name } = secretReferenceOf(credential.secret);
    if (from === 'env') return present(credential, this.fromEnvironment(name));
    const key = JSON.stringify(credential);
    const cached = this.files.get(key);
    if (cached && cached.until > nowMs) return cached.opened;
    const opened = present(credential, await this.fromFile(name));
    this.files.set(key, { opened, until: nowMs + fileCacheMs });
    return opened;
  }

  private fromEnvironment(name: string): string {
    const value = this.environment(name);
    if (!value) throw new CredentialError(`\${env:${name}} is not set`);
    return value;
  }

  private async fromFile(name: string): Promise<string> {
    const root = path.resolve(this.secretsDir);
    const file = path.resolve(root, name);
    if (!file.startsWith(root + path.sep)) {
      throw new CredentialError(`\${file:${name}} is outside of the secrets directory`);
    }
    const value = await readFile(file, 'utf8').catch(() => '');
    if (value.trim() === '') throw new CredentialError(`\${file:${name}} can't be read or is empty`);
    return value.trim();
  }
}

function present(
  credential: Exclude<Connection['credential'], { kind: 'none' }>,
  secret: string,
): OpenedCredential {
  // A line break in a secret would start another header.
  if (!/^[\x20-\x7e]+$/.test(secret))
    throw new CredentialError(`${credential.secret} is not printable ASCII`);
  const secrets = secret.length >= shortestSecret ? [Buffer.from(secret)] : [];
  switch (credential.kind) {
    case 'bearer':
      return { header: ['authorization', `Bearer ${secret}`], secrets };
    case 'header':
      return { header: [credential.name, secret], secrets };
    case 'basic': {
      const pair = Buffer.from(`${credential.username}:${secret}`).toString('base64');
      return { header: ['authorization', `Basic ${pair}`], secrets: [...secrets, Buffer.from(pair)] };
    }
    default:
      return credential satisfies never;
  }
}

const cover = Buffer.from('[credential]');

/** Covers the gateway's own credential where a model server repeats it. Returns the same bytes where it doesn't. */
export function coverSecrets(bytes: Buffer, secrets: readonly Buffer[]): Buffer {
  let covered = bytes;
  for (const secret of secrets) {
    for (let at = covered.indexOf(secret); at !== -1; at = covered.indexOf(secret, at + cover.length)) {
      covered = Buffer.concat([covered.subarray(0, at), cover, covered.subarray(at + secret.length)]);
    }
  }
  return covered;
}

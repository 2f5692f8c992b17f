import type { IncomingHttpHeaders } from 'node:http';
import { SecretReferenceError, SecretReferences } from '#boot';
import type { Connection, Credential } from '#contracts';
import { AccessTokens } from './access-tokens.ts';
import { CredentialError } from './credential-error.ts';

/** A credential ready to be sent, and what must never show up in an answer. */
export interface OpenedCredential {
  readonly header: readonly [name: string, value: string] | undefined;
  readonly secrets: readonly Buffer[];
}

/** What a TLS connection to a model server takes besides the system's certificate authorities. All PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

const nothing: OpenedCredential = { header: undefined, secrets: [] };
/** A secret is read again after this long, so that a rotated one is taken without a restart. */
const cacheMs = 5000;
const shortestSecret = 8;

/** Opens connections' credentials at the moment they are used. */
export class Credentials {
  private readonly references: SecretReferences;
  private readonly texts = new Map<string, { text: Promise<string>; until: number }>();
  private readonly tokens: AccessTokens;

  constructor(secretsDir: string, environment: (name: string) => string | undefined) {
    this.references = new SecretReferences(secretsDir, environment);
    this.tokens = new AccessTokens((reference, nowMs) => this.secret(reference, nowMs));
  }

  /** The credential that a connection names. Throws `CredentialError` where its secret or token can't be had. */
  async open(credential: Credential, nowMs: number): Promise<OpenedCredential> {
    switch (credential.kind) {
      // A client certificate is shown while connecting.
      case 'none':
      case 'mtls':
        return nothing;
      case 'oauth2':
        return bearer(await this.tokens.get(credential, nowMs));
      default:
        return present(credential, await this.secret(credential.secret, nowMs));
    }
  }

  /** The model server refused what `open` gave: a token is not used again. */
  refused(credential: Credential): void {
    if (credential.kind === 'oauth2') this.tokens.forget(credential);
  }

  /** What connecting to a connection's servers takes; undefined where nothing but the system's authorities. */
  async openTls({ tls, credential }: Connection, nowMs: number): Promise<TlsMaterial | undefined> {
    const isMutual = credential.kind === 'mtls';
    if (!tls && !isMutual) return undefined;
    return {
      ...(tls?.ca !== undefined && { ca: await this.secret(tls.ca, nowMs) }),
      ...(tls?.serverName !== undefined && { serverName: tls.serverName }),
      ...(isMutual && {
        cert: await this.secret(credential.certificate, nowMs),
        key: await this.secret(credential.key, nowMs),
      }),
    };
  }

  private secret(reference: string, nowMs: number): Promise<string> {
    const cached = this.texts.get(reference);
    if (cached && cached.until > nowMs) return cached.text;
    const text = this.references.open(reference).catch((error: Error) => {
      this.texts.delete(reference);
      throw error instanceof SecretReferenceError ? new CredentialError(error.message) : error;
    });
    this.texts.set(reference, { text, until: nowMs + cacheMs });
    return text;
  }
}

type StaticCredential = Exclude<Credential, { kind: 'none' | 'mtls' | 'oauth2' }>;

function present(credential: StaticCredential, secret: string): OpenedCredential {
  // A line break in a secret would start another header.
  if (!/^[\x20-\x7e]+$/.test(secret))
    throw new CredentialError(`${credential.secret} is not printable ASCII`);
  switch (credential.kind) {
    case 'bearer':
      return bearer(secret);
    case 'header':
      return { header: [credential.name, secret], secrets: coverable(secret) };
    case 'basic': {
      const pair = Buffer.from(`${credential.username}:${secret}`).toString('base64');
      const secrets = [...coverable(secret), Buffer.from(pair)];
      return { header: ['authorization', `Basic ${pair}`], secrets };
    }
    default:
      return credential satisfies never;
  }
}

const bearer = (secret: string): OpenedCredential => ({
  header: ['authorization', `Bearer ${secret}`],
  secrets: coverable(secret),
});

/** A secret as it would stand in an answer, also inside JSON. */
function coverable(secret: string): Buffer[] {
  if (secret.length < shortestSecret) return [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  return (escaped === secret ? [secret] : [secret, escaped]).map((text) => Buffer.from(text));
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

/** Covers it in an answer's headers. Returns the same object where no header repeats it. */
export function coverHeaders(headers: IncomingHttpHeaders, secrets: readonly Buffer[]): IncomingHttpHeaders {
  let covered = headers;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== 'string') continue;
    const bytes = Buffer.from(value);
    const clean = coverSecrets(bytes, secrets);
    if (clean !== bytes) covered = { ...covered, [name]: clean.toString() };
  }
  return covered;
}

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '#contracts';

const signedDomain = 'sallyport/config/1\n';

/**
 * Signs what policy puts into KV `config` (Ed25519, RFC 8032), over the canonical JSON of all of it: the broker says who may
 * write there, the signature says who wrote. Only policy holds the private key.
 */
export class ConfigSigner {
  private readonly key: KeyObject;
  /** Verifies what this one signed. */
  readonly verifier: ConfigVerifier;

  constructor(privatePem: string) {
    this.key = createPrivateKey(privatePem);
    this.verifier = new ConfigVerifier(createPublicKey(this.key));
  }

  /** The value as JSON text, with its signature. */
  sign(value: object): string {
    const plain = JSON.parse(JSON.stringify(value)) as object;
    const signature = sign(null, signedBytes(plain), this.key).toString('base64');
    return JSON.stringify({ ...plain, signature });
  }
}

/** Verifies what stands in KV `config`. */
export class ConfigVerifier {
  private readonly key: KeyObject;

  constructor(publicKey: string | KeyObject) {
    this.key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  }

  /** Reads a value without its signature. Throws `ConfigForgedError` where policy's key did not sign it as it stands. */
  open(bytes: Uint8Array): Record<string, unknown> {
    const { signature, ...plain } = objectOf(bytes);
    const isSigned =
      typeof signature === 'string' &&
      verify(null, signedBytes(plain), this.key, Buffer.from(signature, 'base64'));
    if (!isSigned) throw new ConfigForgedError();
    return plain;
  }
}

/** What stands in KV `config` is not signed with policy's key. */
export class ConfigForgedError extends Error {
  override readonly name = 'ConfigForgedError';
  constructor() {
    super('policy did not sign what stands in KV config');
  }
}

function objectOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch {
    // What is no JSON was signed by nobody either.
  }
  throw new ConfigForgedError();
}

const signedBytes = (plain: object): Buffer => Buffer.from(signedDomain + canonicalJson(plain), 'utf8');

import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError, type GatewayKeyEntry, type Principal } from '#contracts';

const shape = /^sp_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const secretBytes = 32;
const idBytes = 8;

/** A verified gateway key: whose it is, and where it may go. */
export interface VerifiedKey {
  readonly principal: Principal;
  readonly connections: readonly string[];
}

/** A new key. The secret has 256 random bits, so a plain digest of it can't be turned back. */
export interface NewGatewayKey {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
  readonly digest: string;
}

/** Makes a key of 40 random bytes. Pure. */
export function gatewayKeyOf(random: Uint8Array): NewGatewayKey {
  if (random.length !== idBytes + secretBytes) throw new RangeError('expected 40 random bytes');
  const hex = Buffer.from(random.subarray(0, idBytes)).toString('hex');
  const key = `sp_${hex}_${Buffer.from(random.subarray(idBytes)).toString('base64url')}`;
  return { id: `key-${hex}`, key, digest: digestOf(key).toString('hex') };
}

/** Whether a credential is meant as a gateway key. */
export function isGatewayKey(credential: string): boolean {
  return credential.startsWith('sp_');
}

const nobody = Buffer.alloc(32);

/** The keys that are good now, and who they stand for. */
export class GatewayKeyRing {
  private readonly entries = new Map<string, { entry: GatewayKeyEntry; digest: Buffer }>();
  /** Whether the configuration lets keys in at all. */
  enabled = false;

  put(entry: GatewayKeyEntry): void {
    this.entries.set(entry.id, { entry, digest: Buffer.from(entry.digest, 'hex') });
  }

  remove(id: string): void {
    this.entries.delete(id);
  }

  /** Throws `token.invalid` for a key that was never made, is revoked or switched off, `token.expired` for an old one. */
  verify(key: string, nowMs: number): VerifiedKey {
    const hex = shape.exec(key)?.[1] ?? '';
    const known = this.entries.get(`key-${hex}`);
    // Compared also where there is nothing to compare with, so that an id can't be found out by time.
    const isEqual = timingSafeEqual(digestOf(key), known?.digest ?? nobody);
    if (!known || !isEqual || !this.enabled) {
      throw new CodedError('token.invalid', 'The gateway key is not valid here.');
    }
    const { entry } = known;
    if (entry.expiresAt <= nowMs) throw new CodedError('token.expired', 'The gateway key has expired.');
    return { principal: entry.principal, connections: entry.connections };
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

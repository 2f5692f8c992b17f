import { createHash } from 'node:crypto';
import { decrypt, encrypt } from './envelope-encryption.ts';

/** Wraps data keys. `id` says which key-encryption key wrapped one, so that keys can be rotated. */
export interface KeyEncryptionKey {
  readonly id: string;
  wrap(dataKey: Uint8Array, subjectKey: string): Buffer;
  unwrap(wrapped: Uint8Array, subjectKey: string): Buffer;
}

/** A key-encryption key from 32 raw bytes. Throws where there are not 32. */
export function keyEncryptionKey(bytes: Uint8Array): KeyEncryptionKey {
  if (bytes.length !== 32) throw new RangeError('the key-encryption key must be 32 bytes (64 hex digits)');
  return {
    id: createHash('sha256').update('sallyport-kek\n').update(bytes).digest('hex').slice(0, 16),
    wrap: (dataKey, subjectKey) => encrypt(bytes, `key:${subjectKey}`, dataKey),
    unwrap: (wrapped, subjectKey) => decrypt(bytes, `key:${subjectKey}`, wrapped),
  };
}

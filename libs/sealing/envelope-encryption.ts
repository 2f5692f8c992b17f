import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { pooledRandom } from './random-pool.ts';

type Key = Uint8Array | KeyObject;

const nothing = new Uint8Array(0);
const ivBytes = 12;
const tagBytes = 16;
/** What encryption adds to content. */
export const sealOverheadBytes = ivBytes + tagBytes;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce: `iv 12 | tag 16 | ciphertext`. `label` is associated
 * data: bytes sealed for one purpose don't open as another. `prefix` is put before it all as it is.
 */
export function encrypt(key: Key, label: string, clear: Uint8Array, prefix: Uint8Array = nothing): Buffer {
  const iv = pooledRandom(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(label, 'utf8'));
  const body = cipher.update(clear);
  cipher.final();
  const sealed = Buffer.allocUnsafe(prefix.length + sealOverheadBytes + body.length);
  sealed.set(prefix);
  sealed.set(iv, prefix.length);
  sealed.set(cipher.getAuthTag(), prefix.length + ivBytes);
  sealed.set(body, prefix.length + sealOverheadBytes);
  return sealed;
}

/** Opens what `encrypt` made. Throws where the key, the label or a byte is another. */
export function decrypt(key: Key, label: string, sealed: Uint8Array): Buffer {
  if (sealed.length < sealOverheadBytes) throw new RangeError('sealed content is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes));
  decipher.setAAD(Buffer.from(label, 'utf8'));
  decipher.setAuthTag(sealed.subarray(ivBytes, sealOverheadBytes));
  const clear = decipher.update(sealed.subarray(sealOverheadBytes));
  decipher.final();
  return clear;
}

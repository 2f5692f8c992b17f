import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { decrypt, encrypt, sealOverheadBytes } from './envelope-encryption.ts';

const markBytes = 4;

/** Names the key that sealed something, without telling anything about it. */
export type KeyMark = Uint8Array;

/** The mark that sealed bytes begin with. */
export function keyMarkOf(sealed: Uint8Array): KeyMark {
  return Uint8Array.prototype.slice.call(sealed, 0, markBytes);
}

/**
 * One person's data key, ready for use. What it seals begins with four bytes that name it, so that bytes sealed with
 * a key that was destroyed since are told from bytes that were tampered with: `mark 4 | iv 12 | tag 16 | ciphertext`.
 */
export class DataKey {
  private readonly key: KeyObject;
  private readonly mark: Buffer;

  constructor(bytes: Uint8Array) {
    this.key = createSecretKey(bytes);
    this.mark = createHash('sha256')
      .update('sallyport-data-key\n')
      .update(bytes)
      .digest()
      .subarray(0, markBytes);
  }

  seal(label: string, clear: Uint8Array): Buffer {
    return encrypt(this.key, label, clear, this.mark);
  }

  /** Whether this key made these bytes, as far as their first bytes say. */
  sealed(bytes: Uint8Array): boolean {
    return Buffer.compare(bytes.subarray(0, markBytes), this.mark) === 0;
  }

  /** Throws where the label or a byte is another. */
  open(label: string, sealed: Uint8Array): Buffer {
    if (sealed.length < markBytes + sealOverheadBytes) throw new RangeError('sealed content is too short');
    return decrypt(this.key, label, sealed.subarray(markBytes));
  }
}

import { createHmac, hkdfSync } from 'node:crypto';

/**
 * Words as the index holds them: the first eight bytes of an HMAC-SHA256, as a decimal string (a JavaScript number can't
 * hold it). The key is this ledger's own, derived from a secret that never is in the database (HKDF, RFC 5869).
 */
export class WordHashes {
  private readonly key: Buffer;

  constructor(secret: Uint8Array, origin: string) {
    if (secret.length < 32)
      throw new RangeError('the secret behind the word index must be at least 32 bytes');
    this.key = Buffer.from(hkdfSync('sha256', secret, origin, 'sallyport word index v1', 32));
  }

  of(word: string): string {
    return createHmac('sha256', this.key).update(word).digest().readBigInt64BE(0).toString();
  }
}

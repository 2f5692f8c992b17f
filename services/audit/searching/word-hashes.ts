import { hash, hkdfSync } from 'node:crypto';

const blockBytes = 64;
const digestBytes = 32;
/** A word has 64 UTF-16 units at most. */
const firstWordBytes = 256;

/**
 * Words as the index holds them: the first eight bytes of an HMAC-SHA256, as a decimal string (a JavaScript number can't
 * hold it). The key is this ledger's own, derived from a secret that never is in the database (HKDF, RFC 5869).
 */
export class WordHashes {
  /** The key's two pads, each followed by what is hashed with it (RFC 2104): making an HMAC object costs ten times that. */
  private inner = Buffer.alloc(blockBytes + firstWordBytes, 0x36);
  private readonly outer = Buffer.alloc(blockBytes + digestBytes, 0x5c);

  constructor(secret: Uint8Array, origin: string) {
    if (secret.length < 32)
      throw new RangeError('the secret behind the word index must be at least 32 bytes');
    const key = Buffer.from(hkdfSync('sha256', secret, origin, 'sallyport word index v1', 32));
    for (const [i, byte] of key.entries()) {
      this.inner[i] = byte ^ 0x36;
      this.outer[i] = byte ^ 0x5c;
    }
  }

  of(word: string): string {
    const most = blockBytes + 3 * word.length;
    if (most > this.inner.length) this.inner = Buffer.concat([this.inner], most);
    const end = blockBytes + this.inner.write(word, blockBytes, 'utf8');
    const digest = hash('sha256', this.inner.subarray(0, end), 'binary');
    this.outer.write(digest, blockBytes, 'latin1');
    return Buffer.from(hash('sha256', this.outer, 'binary'), 'latin1')
      .readBigInt64BE(0)
      .toString();
  }
}

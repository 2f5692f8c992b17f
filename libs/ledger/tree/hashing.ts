import { hash } from 'node:crypto';

/** Bytes of every hash in the ledger (SHA-256). */
export const hashBytes = 32;

const nodeInput = Buffer.alloc(1 + 2 * hashBytes);
nodeInput[0] = 0x01;

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Buffer {
  // A digest that comes as a buffer has memory of its own, which costs more than the hashing.
  return Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
}

/** Writes the SHA-256 of `bytes` at a place in `target`: for a writer of many, which needs none of them by itself. */
export function writeSha256(target: Buffer, at: number, bytes: Uint8Array): void {
  target.write(hash('sha256', bytes, 'binary'), at, hashBytes, 'latin1');
}

/** The hash of a Merkle leaf: SHA-256(0x00 || entry) (RFC 6962, section 2.1). */
export function leafHash(entry: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + entry.length);
  input[0] = 0x00;
  input.set(entry, 1);
  return sha256(input);
}

/** The hash of an inner Merkle node: SHA-256(0x01 || left || right) (RFC 6962, section 2.1). Each side is 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return sha256(nodeInput);
}

/** Writes the hash of the inner node over two neighbours, `pair`, at a place in `target`. */
export function writeNodeHash(target: Buffer, at: number, pair: Uint8Array): void {
  nodeInput.set(pair, 1);
  writeSha256(target, at, nodeInput);
}

/** The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0));

/** True where both hashes hold the same bytes. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

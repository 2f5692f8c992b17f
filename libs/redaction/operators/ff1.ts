import { createCipheriv } from 'node:crypto';

const ROUNDS = 10;
const RADIX = 10;
const BLOCK_BYTES = 16;
/** NIST SP 800-38G asks for at least a million possible values. */
export const MIN_FPE_DIGITS = 6;
const MAX_FPE_DIGITS = 128;

/**
 * Format-preserving encryption of decimal digits: FF1 of NIST SP 800-38G with AES. `key` has 16, 24 or 32 bytes.
 * Returns undefined where the standard does not apply (too few digits, or too many to be a number).
 */
export function ff1(key: Uint8Array, tweak: Uint8Array, digits: string, direction: 'encrypt' | 'decrypt') {
  const n = digits.length;
  if (n < MIN_FPE_DIGITS || n > MAX_FPE_DIGITS) return undefined;
  const u = Math.floor(n / 2);
  const v = n - u;
  const round = roundFunction(key, tweak, u, v);
  let a = digits.slice(0, u);
  let b = digits.slice(u);
  for (let k = 0; k < ROUNDS; k++) {
    const i = direction === 'encrypt' ? k : ROUNDS - 1 - k;
    const length = i % 2 === 0 ? u : v;
    const modulus = BigInt(RADIX) ** BigInt(length);
    if (direction === 'encrypt') {
      const c = (BigInt(a) + round(i, b)) % modulus;
      a = b;
      b = String(c).padStart(length, '0');
    } else {
      const c = (((BigInt(b) - round(i, a)) % modulus) + modulus) % modulus;
      b = a;
      a = String(c).padStart(length, '0');
    }
  }
  return a + b;
}

function roundFunction(key: Uint8Array, tweak: Uint8Array, u: number, v: number) {
  const bytes = Math.ceil(Math.ceil(v * Math.log2(RADIX)) / 8);
  const wanted = 4 * Math.ceil(bytes / 4) + 4;
  const head = Buffer.alloc(BLOCK_BYTES);
  head.set([1, 2, 1, 0, 0, RADIX, ROUNDS, u % 256]);
  head.writeUInt32BE(u + v, 8);
  head.writeUInt32BE(tweak.length, 12);
  const padding = Buffer.alloc((((-tweak.length - bytes - 1) % BLOCK_BYTES) + BLOCK_BYTES) % BLOCK_BYTES);
  return (i: number, half: string): bigint => {
    const number = Buffer.from(
      BigInt(half)
        .toString(16)
        .padStart(bytes * 2, '0'),
      'hex',
    );
    const mac = cbcMac(key, Buffer.concat([head, tweak, padding, Buffer.from([i]), number]));
    return BigInt(`0x${expand(key, mac, wanted).toString('hex')}`);
  };
}

function cbcMac(key: Uint8Array, data: Buffer): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, Buffer.alloc(BLOCK_BYTES)).setAutoPadding(
    false,
  );
  return cipher.update(data).subarray(-BLOCK_BYTES);
}

function expand(key: Uint8Array, first: Buffer, wanted: number): Buffer {
  const blocks = [first];
  for (let j = 1; blocks.length * BLOCK_BYTES < wanted; j++) {
    const block = Buffer.from(first);
    block.writeUInt32BE((block.readUInt32BE(12) ^ j) >>> 0, 12);
    blocks.push(cbcMac(key, block));
  }
  return Buffer.concat(blocks).subarray(0, wanted);
}

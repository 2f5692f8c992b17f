import { createHash } from 'node:crypto';
import { entropy } from './entropy.ts';
import { keccak256 } from './keccak.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32_CONSTANT = 1;
const BECH32M_CONSTANT = 0x2bc830a3;

/** Base58Check, as in Bitcoin addresses: the last four bytes are the start of a double SHA-256. */
export function isBase58Check(text: string): boolean {
  let number = 0n;
  for (const c of text) {
    const digit = BASE58.indexOf(c);
    if (digit < 0) return false;
    number = number * 58n + BigInt(digit);
  }
  const hex = number.toString(16).padStart(50, '0');
  if (hex.length !== 50) return false;
  const bytes = Buffer.from(hex, 'hex');
  const once = createHash('sha256').update(bytes.subarray(0, 21)).digest();
  return createHash('sha256').update(once).digest().subarray(0, 4).equals(bytes.subarray(21));
}

/** BIP 173 and BIP 350. */
export function isBech32(text: string): boolean {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return false;
  const split = lower.lastIndexOf('1');
  const prefix = lower.slice(0, split);
  let check = 1;
  for (const c of prefix) check = polymod(check, c.charCodeAt(0) >> 5);
  check = polymod(check, 0);
  for (const c of prefix) check = polymod(check, c.charCodeAt(0) & 31);
  for (const c of lower.slice(split + 1)) {
    const value = BECH32.indexOf(c);
    if (value < 0) return false;
    check = polymod(check, value);
  }
  return check === BECH32_CONSTANT || check === BECH32M_CONSTANT;
}

function polymod(check: number, value: number): number {
  const top = check >>> 25;
  let next = ((check & 0x1ffffff) << 5) ^ value;
  for (let k = 0; k < 5; k++) if ((top >> k) & 1) next ^= GENERATORS[k]!;
  return next;
}

const CHECKED = 1;
const UNCHECKED = 0.5;
const MIN_BITS = 2.5;

/** EIP-55: letters are upper case where the hash of the address has a digit from 8 on; in one case, nothing is said. */
export function ethereumScore(text: string): number | false {
  const hex = text.slice(2);
  const lower = hex.toLowerCase();
  if (entropy(lower) < MIN_BITS) return false;
  if (hex === lower || hex === hex.toUpperCase()) return UNCHECKED;
  const hash = keccak256(Buffer.from(lower, 'latin1'));
  const isChecked = [...hex].every((c, k) => {
    const nibble = k % 2 === 0 ? hash[k >> 1]! >> 4 : hash[k >> 1]! & 15;
    return c === (nibble >= 8 ? c.toUpperCase() : c.toLowerCase());
  });
  return isChecked && CHECKED;
}

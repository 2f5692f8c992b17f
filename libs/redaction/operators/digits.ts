import { createHmac } from 'node:crypto';
import { ff1 } from './ff1.ts';

/**
 * Replaces a value's digits by FF1 and keeps what stands between them; undefined if it has too few digits for that, or
 * letters, which would stay: but for a telephone's extension.
 */
export function encryptDigits(
  key: Uint8Array,
  scope: string,
  entity: string,
  value: string,
): string | undefined {
  return overDigits(key, scope, entity, value, 'encrypt');
}

/** Undoes `encryptDigits` with the same key, scope and entity. */
export function decryptDigits(
  key: Uint8Array,
  scope: string,
  entity: string,
  value: string,
): string | undefined {
  return overDigits(key, scope, entity, value, 'decrypt');
}

const EXTENSION = /(?<=\d,? ?)(?:ext\.?|x)(?= ?\d{1,6}$)/i;

function overDigits(
  key: Uint8Array,
  scope: string,
  entity: string,
  value: string,
  direction: 'encrypt' | 'decrypt',
) {
  if (/\p{L}/u.test(value.replace(EXTENSION, ''))) return undefined;
  const digits = value.replace(/[^0-9]/g, '');
  const derived = createHmac('sha256', key).update('sallyport masking: fpe').digest();
  const replaced = ff1(derived, Buffer.from(`${scope}\0${entity}`), digits, direction);
  if (replaced === undefined) return undefined;
  let at = 0;
  return value.replace(/[0-9]/g, () => replaced[at++]!);
}

import { createHmac } from 'node:crypto';
import { identityOf } from '../placeholders/placeholder.ts';
import { encryptDigits } from './digits.ts';

/**
 * A made-up value of the same kind, the same for the same value in a scope. Names and addresses that must not exist
 * come from ranges that are reserved: for documentation (RFC 2606, RFC 3849), for benchmarks (RFC 2544).
 */
export function pseudonymOf(key: Uint8Array, scope: string, entity: string, value: string): string {
  const identity = identityOf(entity, value);
  const mac = createHmac('sha256', key).update(`pseudonym\0${scope}\0${entity}\0${identity}`).digest();
  const id = mac.toString('hex').slice(0, 8);
  switch (entity) {
    case 'EMAIL_ADDRESS':
      return `user-${id}@example.com`;
    case 'URL':
      return `https://${id}.example/`;
    case 'IP_ADDRESS':
      return value.includes(':')
        ? `2001:db8::${id.slice(0, 4)}:${id.slice(4)}`
        : `198.${18 + (mac[4]! & 1)}.${mac[5]}.${mac[6]}`;
    case 'MAC_ADDRESS':
      return `02:00:${[0, 1, 2, 3].map((k) => mac[k]!.toString(16).padStart(2, '0')).join(':')}`;
    default:
      return encryptDigits(key, scope, entity, value) ?? `${entity.toLowerCase().replaceAll('_', '-')}-${id}`;
  }
}

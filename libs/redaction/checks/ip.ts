import { isIP } from 'node:net';

const LOW = 0.1;
const SHORT = 0.15;

/** Loopback, unspecified, broadcast and documentation addresses (RFC 6890) identify nobody: they score low. */
export function ipScore(text: string): number | false {
  const address = text.replace(/\/\d+$/, '');
  const version = isIP(address.replace(/%.*$/, ''));
  if (version === 4) return scoreV4(address);
  if (version === 6) return scoreV6(address.toLowerCase());
  return false;
}

function scoreV4(address: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  if (a === 127 || a === 0 || a === 255) return LOW;
  if (
    (a === 192 && b === 0 && c === 2) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  ) {
    return 0.55;
  }
  // Small numbers throughout look like a version (1.2.3.4).
  return Math.max(a, b, c, d) < 20 && a !== 10 ? 0.4 : 0.75;
}

/** Global unicast (RFC 4291), shortened after its second group. */
const PREFIX = /^[23][\da-f]{3}:[\da-f]{2,4}::$/;

function scoreV6(address: string): number {
  const groups = address.split(':').filter((group) => group !== '');
  if (address === '::' || address === '::1') return LOW;
  if (address.includes('.')) return 0.75;
  // So short, it may also be a name in a program (`a::b`): a word before must say what it is.
  if (PREFIX.test(address)) return 0.75;
  if (groups.length < 3 || groups.join('').length < 6) return SHORT;
  return 0.75;
}

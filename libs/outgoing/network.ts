import { isIP } from 'node:net';

/** An address or network as bytes: four, or sixteen where it is IPv6. */
interface Network {
  bytes: readonly number[];
  bits: number;
}

/** IPv4 that isn't public: RFC 6890 and its successors, multicast, reserved. Clouds' metadata is link-local. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(networkOf);

/** Of IPv6 only global unicast is public, and of that not these. */
const global6 = networkOf('2000::/3');
const special6 = ['2001::/23', '2001:db8::/32', '3fff::/20'].map(networkOf);

/** Prefixes whose addresses hold an IPv4 address, and where: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
const embedding = [
  { network: networkOf('::ffff:0:0/96'), at: 12 },
  { network: networkOf('::/96'), at: 12 },
  { network: networkOf('64:ff9b::/96'), at: 12 },
  { network: networkOf('2002::/16'), at: 2 },
];

/**
 * Whether a service may connect to an IP address that a configuration names: it is public, or in one of the networks listed. An IPv4 address
 * inside of an IPv6 one counts as itself.
 */
export function mayReach(address: string, privateNetworks: readonly string[]): boolean {
  const bytes = bytesOf(address);
  if (!bytes) return false;
  const inner = embeddedIn(bytes);
  const listed = privateNetworks.map(networkOf);
  return listed.some((network) => isIn(bytes, network) || isIn(inner, network)) || isPublic(inner);
}

function isPublic(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return !special4.some((network) => isIn(bytes, network));
  return isIn(bytes, global6) && !special6.some((network) => isIn(bytes, network));
}

function embeddedIn(bytes: readonly number[]): readonly number[] {
  const found = embedding.find(({ network }) => isIn(bytes, network));
  return found ? bytes.slice(found.at, found.at + 4) : bytes;
}

function networkOf(cidr: string): Network {
  const [address = '', bits] = cidr.split('/');
  const bytes = bytesOf(address);
  if (!bytes) throw new RangeError(`not a network: ${cidr}`);
  return { bytes, bits: Number(bits ?? bytes.length * 8) };
}

function isIn(bytes: readonly number[], network: Network): boolean {
  if (bytes.length !== network.bytes.length) return false;
  return bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, network.bits - index * 8));
    const mask = (0xff00 >> bits) & 0xff;
    return (byte & mask) === ((network.bytes[index] ?? 0) & mask);
  });
}

/** The bytes of an IP address as text; undefined for anything else. */
function bytesOf(address: string): number[] | undefined {
  const kind = isIP(address);
  if (kind === 4) return address.split('.').map(Number);
  if (kind !== 6) return undefined;
  // A zone (`fe80::1%eth0`) says which link, not which address. The URL parser writes the rest in hexadecimal.
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [front, back] = [words(head), words(tail ?? '')];
  const middle = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...middle, ...back].flatMap((word) => {
    const value = Number.parseInt(word, 16);
    return [value >> 8, value & 0xff];
  });
}

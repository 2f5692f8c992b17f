import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { mayReach } from './network.ts';

/** Every address of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** An address to connect to, or why there is none. */
export type FoundAddress =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'unknown' | 'not_public' };

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Looks a URL's host up once. Every address it has must be one that may be reached: public, or in one of the private
 * networks listed. Throws what the look-up throws, and where `signal` ends.
 */
export async function findAddress(
  url: URL,
  privateNetworks: readonly string[],
  signal: AbortSignal,
  resolve: Resolve = resolveBySystem,
): Promise<FoundAddress> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await within(signal, resolve(host));
  const [address] = addresses;
  if (address === undefined) return { kind: 'unknown' };
  const isReachable = addresses.every((one) => mayReach(one, privateNetworks));
  return isReachable ? { kind: 'address', address } : { kind: 'not_public' };
}

/** A look-up that knows one address only: there is no second answer to be fooled with. */
export function pinnedTo(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true });
    work.then(resolve, reject);
  });
}

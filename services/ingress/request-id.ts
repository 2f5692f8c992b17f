import { v7 } from 'uuid';
import { pooledRandom } from '#sealing';

const rng = (): Uint8Array => pooledRandom(16);

/** A new request's id: `req-` and a UUIDv7 (RFC 9562, §5.7) without dashes, so ids sort by time. */
export function newRequestId(): string {
  return `req-${v7({ rng }).replaceAll('-', '')}`;
}

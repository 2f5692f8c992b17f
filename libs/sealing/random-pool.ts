import { randomFillSync } from 'node:crypto';

/** Asking the system for random bytes costs a call each time; this asks for many at once. */
const poolBytes = 8192;
const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** So many cryptographically strong random bytes (at most 256), each handed out once. */
export function pooledRandom(count: number): Buffer {
  if (count > 256) throw new RangeError('the pool hands out at most 256 bytes at once');
  if (used + count > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}

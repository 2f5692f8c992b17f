import { createHash } from 'node:crypto';
import { canonicalJson } from '#contracts';

/** SHA-256 of a value's canonical JSON, in hex. */
export function contentDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

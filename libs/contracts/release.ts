import { canonicalJson } from './envelope/canonical.ts';
import type { ReleaseTerms } from './events/request-released.ts';

/** The bytes that a release's HMAC or Ed25519 signature covers: a version label and the terms in canonical JSON. */
export function releaseBytes(terms: ReleaseTerms): Buffer {
  return Buffer.from(`sallyport-release-v1\n${canonicalJson(terms)}`, 'utf8');
}

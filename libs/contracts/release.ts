import type { ApprovedEntry } from './entries.ts';
import { canonicalJson } from './envelope/canonical.ts';
import type { ReleaseTerms } from './events/request-released.ts';

/** The bytes that a release's HMAC or Ed25519 signature covers: a version label and the terms in canonical JSON. */
export function releaseBytes(terms: ReleaseTerms): Buffer {
  return Buffer.from(`sallyport-release-v1\n${canonicalJson(terms)}`, 'utf8');
}

/** What is signed where people's approval covers a conversation: until when, under which key of KV `approved`. */
export function approvedBytes(
  key: string,
  { requestId, approvedAt, expiresAt }: Omit<ApprovedEntry, 'signature'>,
): Buffer {
  const terms = { key, requestId, approvedAt, expiresAt };
  return Buffer.from(`sallyport-approved-v1\n${canonicalJson(terms)}`, 'utf8');
}

import type { IncomingHttpHeaders } from 'node:http';
import { claimAt } from '#auth';
import type { PolicyDocument, Principal } from '#contracts';

type Shared = PolicyDocument['ingress']['sharedIdentities'];

/** Who stands behind a call: the caller, a person that a trusted client names, or one of several and nobody knows which. */
export type Behind =
  | { readonly kind: 'caller' }
  | { readonly kind: 'person'; readonly name: string }
  | { readonly kind: 'unknown' };

/** Tells whose call it is where several people share one identity. Pure. */
export function personBehind(
  { client, subject }: Pick<Principal, 'client' | 'subject'>,
  headers: IncomingHttpHeaders,
  claims: Readonly<Record<string, unknown>>,
  shared: Shared,
): Behind {
  const found = shared.find((each) => each.client === (client ?? subject));
  if (!found) return { kind: 'caller' };
  const name = found.header === undefined ? claimAt(claims, found.claim ?? '') : headers[found.header];
  return typeof name === 'string' && name !== '' && name.length <= 255
    ? { kind: 'person', name }
    : { kind: 'unknown' };
}

import { type HeldEntry, type Principal, samePrincipal } from '#contracts';

/**
 * Whether a caller may know of a request: it is theirs, and they didn't delete it. A gateway key, which reaches only some
 * connections, sees only what was asked with it. Pure.
 */
export function belongsTo(entry: HeldEntry, caller: Principal): boolean {
  if (entry.deletedAt !== undefined || !samePrincipal(entry, caller)) return false;
  return caller.kind !== 'key' || entry.key === caller.client;
}

/** What of a caller an entry keeps. Pure. */
export function ownerOf({
  issuer,
  subject,
  person,
  kind,
  client,
}: Principal): Pick<HeldEntry, 'issuer' | 'subject' | 'person' | 'key'> {
  return { issuer, subject, person, key: kind === 'key' ? client : undefined };
}

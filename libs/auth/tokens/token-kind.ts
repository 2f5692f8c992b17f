import type { JWTPayload } from 'jose';
import type { Issuer } from '#contracts';

/** What a token is by its own words. `either`: it doesn't say. */
export type TokenKind = 'access' | 'id' | 'either' | 'other';

/** `typ` of access tokens (RFC 9068, §2.1), also with a provider's own prefix (Okta's `application/okta-internal-at+jwt`). */
const accessType = /^(?:application\/)?(?:[a-z-]+-)?at\+jwt$/;
/** Claims that only ID tokens have (OpenID Connect Core 1.0, §2 and §3.1.3.6). */
const idClaims = ['nonce', 'at_hash', 'c_hash'] as const;

/**
 * Tells access tokens from ID tokens, and both from tokens that are no authorisation at all: logout and refresh tokens,
 * and tokens bound to a key that the caller would have to prove (`cnf`, RFC 7800), which are not bearer tokens.
 */
export function tokenKindOf(header: { typ?: unknown }, claims: JWTPayload): TokenKind {
  const type = typeof header.typ === 'string' ? header.typ.toLowerCase() : 'jwt';
  if ('cnf' in claims || 'events' in claims) return 'other';
  if (accessType.test(type)) return 'access';
  if (type !== 'jwt') return 'other';
  // Keycloak says it in a claim; its access tokens may carry a nonce.
  if (claims.typ === 'Bearer') return 'access';
  if (claims.typ === 'Refresh' || claims.typ === 'Offline' || claims.typ === 'Logout') return 'other';
  if (claims.typ === 'ID' || idClaims.some((name) => name in claims)) return 'id';
  return 'either';
}

/**
 * Whether a token was made for this gateway: an access token for its audience, or an ID token for a listed client (OIDC
 * Core 1.0, §3.1.3.7): every audience trusted, and the authorised party, which several audiences need, listed too. An ID
 * token's nonce was for its client to check.
 */
export function isMeantForUs(kind: TokenKind, claims: JWTPayload, issuer: Issuer): boolean {
  const audience = [claims.aud ?? []].flat();
  const own = [issuer.audience].flat();
  const clients = issuer.idTokensOf ?? [];
  if (kind === 'other') return false;
  if (kind !== 'id' && audience.some((value) => own.includes(value))) return true;
  if (kind === 'access' || !audience.some((value) => clients.includes(value))) return false;
  const isTrusted = audience.every((value) => clients.includes(value) || own.includes(value));
  const party = claims.azp;
  if (party === undefined) return isTrusted && audience.length === 1;
  return isTrusted && typeof party === 'string' && clients.includes(party);
}

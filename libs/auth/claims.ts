import type { JWTPayload } from 'jose';
import { CodedError, type Issuer, type Principal } from '#contracts';

/** Splits a claim path at its dots; a quoted segment may hold dots. */
function segmentsOf(path: string): string[] {
  return [...path.matchAll(/"([^"]+)"|([^".]+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** The value at a claim path, e.g. `realm_access.roles`. */
export function claimAt(claims: object, path: string): unknown {
  let value: unknown = claims;
  for (const segment of segmentsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

/** The groups of a token under an issuer's claim path, separator and mapping. */
export function groupsOf(claims: object, config: Issuer['groups']): string[] {
  const raw = claimAt(claims, config.claim);
  const list = typeof raw === 'string' ? (config.separator ? raw.split(config.separator) : [raw]) : raw;
  if (!Array.isArray(list)) return [];
  const names = list
    .filter((value): value is string => typeof value === 'string')
    .map((value) => value.trim())
    .filter((value) => value !== '')
    .flatMap((value) => {
      const mapped = config.map && Object.hasOwn(config.map, value) ? config.map[value] : undefined;
      if (mapped !== undefined) return [mapped];
      return config.map && config.unmapped === 'drop' ? [] : [value];
    });
  return [...new Set(names)].slice(0, 500);
}

const text = (value: unknown, max: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, max) : undefined;

/** Longer than what is recorded of people and groups. */
const longestName = 255;

/** Cut short, two people or groups could become one. */
function tooLong(): CodedError {
  const message = `The token names a subject or a group in more than ${longestName} characters. Groups can be given shorter names with groups.map of the issuer.`;
  return new CodedError('token.invalid', message);
}

/** Where providers put the OAuth client: RFC 9068 and OIDC, then Okta's `cid` and Entra ID's `appid` (v1.0). */
const clientClaims = ['azp', 'client_id', 'cid', 'appid'] as const;

/**
 * The principal that verified claims describe. Service accounts are known by `sub` being the client itself (RFC 9068),
 * in Entra ID by `idtyp`, or by `sub` being the object id, which for people is another one. Throws `token.invalid` where
 * a name is too long to be recorded.
 */
export function principalOf(claims: JWTPayload, issuer: Issuer): Principal {
  const client = clientClaims.map((name) => text(claims[name], 255)).find((value) => value !== undefined);
  const subject = claims.sub ?? client ?? '';
  const groups = groupsOf(claims, issuer.groups);
  if ([subject, ...groups].some((known) => known.length > longestName)) throw tooLong();
  const isApplication = claims.idtyp === 'app' || (typeof claims.oid === 'string' && claims.oid === subject);
  const name = text(claimAt(claims, issuer.nameClaim), 255);
  const email = text(claims.email, 320);
  return {
    kind: isApplication || (client !== undefined && subject === client) ? 'service' : 'person',
    issuer: issuer.issuer,
    subject,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    groups,
    ...(client !== undefined && { client }),
  };
}

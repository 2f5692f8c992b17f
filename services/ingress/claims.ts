import { CodedError, claimsLimitBytes } from '#contracts';
import type { ClaimNames } from '#rules';

/**
 * The claims of a token that rules look at; undefined where they look at none. Throws `request.invalid` where these
 * are too large to travel: leaving some out could make a rule miss.
 */
export function neededClaims(
  claims: Readonly<Record<string, unknown>>,
  names: ClaimNames,
): Record<string, unknown> | undefined {
  if (names.length === 0) return undefined;
  const needed =
    names === 'all'
      ? { ...claims }
      : Object.fromEntries(
          names.flatMap((name) => (Object.hasOwn(claims, name) ? [[name, claims[name]]] : [])),
        );
  if (Buffer.byteLength(JSON.stringify(needed)) > claimsLimitBytes) {
    throw new CodedError(
      'request.invalid',
      `The claims of the access token that rules look at are larger than ${claimsLimitBytes} bytes.`,
    );
  }
  return needed;
}

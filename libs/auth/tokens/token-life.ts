import type { JWTPayload } from 'jose';
import { CodedError, durationMs, type Issuer } from '#contracts';

/** How far the provider's clock may be off. */
export const clockToleranceSeconds = 5;
const usualLongestLife = '24h';

/** The longest life of an issuer's tokens, ms. */
export const longestLifeMs = ({ maxTokenLife }: Issuer): number =>
  durationMs(maxTokenLife ?? usualLongestLife);

/**
 * A token that is good for days is as good as a password: throws `token.invalid`. Its life counts from when it was made,
 * if it says so.
 */
export function requireShortLife({ iat, exp = 0 }: JWTPayload, issuer: Issuer, nowMs: number): void {
  const madeAtMs = Math.min(typeof iat === 'number' ? iat * 1000 : nowMs, nowMs);
  if (exp * 1000 - madeAtMs <= longestLifeMs(issuer) + clockToleranceSeconds * 1000) return;
  const longest = issuer.maxTokenLife ?? usualLongestLife;
  throw new CodedError('token.invalid', `Tokens that live longer than ${longest} are not accepted here.`);
}

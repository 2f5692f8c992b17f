import { createHash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { CodedError, type Issuer, type Principal } from '#contracts';
import { principalOf } from './claims.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** A verified caller. */
export interface VerifiedToken {
  principal: Principal;
  /** All claims, for policy conditions; never logged. */
  claims: Readonly<Record<string, unknown>>;
  expiresAtMs: number;
}

/** Asymmetric signatures only: a shared secret or `none` is never accepted (RFC 8725, §3.1). */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const maxTokenBytes = 16 * 1024;
const maxCached = 10_000;
const clockToleranceSeconds = 5;

const invalid = (cause?: unknown) =>
  new CodedError(
    'token.invalid',
    'The access token is not valid here. Get a new one from your identity provider.',
    {
      cause,
    },
  );

/** The token was valid until it expired; its signature was checked, so `principal` is who it was made for. */
export class TokenExpiredError extends CodedError {
  constructor(readonly principal: Principal) {
    super('token.expired', 'The access token has expired. Get a new one from your identity provider.');
  }
}

/** Verifies access tokens of the configured issuers (RFC 7519, RFC 9068) and remembers the outcome until they expire. */
export class TokenVerifier {
  private readonly issuers = new Map<string, { issuer: Issuer; keys: IssuerKeys }>();
  private readonly verified = new Map<string, VerifiedToken>();

  /** Replaces the accepted issuers, e.g. after a new revision of `sallyport.yaml`. */
  accept(issuers: readonly Issuer[]): void {
    const before = new Map(this.issuers);
    this.issuers.clear();
    this.verified.clear();
    for (const issuer of issuers) {
      const known = before.get(issuer.issuer);
      const keys =
        known && known.issuer.jwksUrl === issuer.jwksUrl
          ? known.keys
          : new IssuerKeys(issuer.issuer, issuer.jwksUrl);
      this.issuers.set(issuer.issuer, { issuer, keys });
    }
  }

  /**
   * The caller behind an `Authorization` header. Throws `token.missing`, `token.invalid`, `token.expired`, or
   * `service.unavailable` where the provider's keys can't be had.
   */
  async authenticate(authorization: string | undefined, nowMs: number = Date.now()): Promise<VerifiedToken> {
    if (!authorization) throw missing();
    const [scheme, token, ...rest] = authorization.split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) throw missing();
    return this.verify(token, nowMs);
  }

  /** Verifies one token. */
  async verify(token: string, nowMs: number = Date.now()): Promise<VerifiedToken> {
    if (token.length > maxTokenBytes) throw invalid();
    const key = createHash('sha256').update(token).digest('base64');
    const cached = this.verified.get(key);
    if (cached) {
      if (cached.expiresAtMs > nowMs) return cached;
      this.verified.delete(key);
      throw new TokenExpiredError(cached.principal);
    }
    const verified = await this.check(token, nowMs);
    if (this.verified.size >= maxCached) this.verified.clear();
    this.verified.set(key, verified);
    return verified;
  }

  private async check(token: string, nowMs: number): Promise<VerifiedToken> {
    const known = this.issuers.get(issuerOf(token));
    if (!known) throw invalid();
    const { issuer } = known;
    const keys = await known.keys.get().catch((cause: unknown) => {
      throw unavailable(cause);
    });
    const audience = [issuer.audience, issuer.idTokensOf ?? []].flat();
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience,
      algorithms,
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'sub'],
    }).catch((cause: unknown) => {
      if (isOutage(cause)) throw unavailable(cause);
      if (!(cause instanceof errors.JWTExpired)) throw invalid(cause);
      throw new TokenExpiredError(principalOf(cause.payload, issuer));
    });
    const expiresAtMs = ((payload.exp ?? 0) + clockToleranceSeconds) * 1000;
    return { principal: principalOf(payload, issuer), claims: payload, expiresAtMs };
  }
}

/** The keys could not be fetched, so nothing is known of the token: jose's plain `JOSEError`, its timeout, or fetch's own error. */
function isOutage(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return true;
  return cause instanceof errors.JWKSTimeout || cause.code === errors.JOSEError.code;
}

function unavailable(cause: unknown): CodedError {
  return new CodedError('service.unavailable', 'The identity provider cannot be reached. Try again.', {
    cause,
  });
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch (cause) {
    throw invalid(cause);
  }
}

function missing(): CodedError {
  return new CodedError(
    'token.missing',
    'Send an access token of your identity provider: Authorization: Bearer …',
  );
}

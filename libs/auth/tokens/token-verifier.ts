import { hash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { CodedError, type Issuer, type Principal } from '#contracts';
import { principalOf } from '../claims.ts';
import { Introspector, type OpenSecret } from './introspection.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { isMeantForUs, type TokenKind, tokenKindOf } from './token-kind.ts';
import { clockToleranceSeconds, longestLifeMs, requireShortLife } from './token-life.ts';

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

interface AcceptedIssuer {
  issuer: Issuer;
  keys: IssuerKeys;
  introspector: Introspector | undefined;
}

const noSecret: OpenSecret = () => Promise.reject(new Error('no secrets can be opened here'));

/**
 * Verifies access tokens of the configured issuers (RFC 7519, RFC 9068), ID tokens of listed clients, and opaque tokens
 * by introspection (RFC 7662). Remembers the outcome until they expire, introspected ones as long as configured.
 */
export class TokenVerifier {
  private readonly issuers = new Map<string, AcceptedIssuer>();
  private readonly verified = new Map<string, { token: VerifiedToken; untilMs: number }>();

  /** `openSecret` gives the secrets of introspection clients. */
  constructor(private readonly openSecret: OpenSecret = noSecret) {}

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
      const { introspection } = issuer;
      const introspector = introspection && new Introspector(issuer, introspection, this.openSecret);
      this.issuers.set(issuer.issuer, { issuer, keys, introspector });
    }
  }

  /**
   * The caller behind an `Authorization` header. Throws `token.missing`, `token.invalid`, `token.expired`, or
   * `service.unavailable` where the provider's keys can't be had, or it can't be asked.
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
    const key = hash('sha256', token, 'base64');
    const cached = this.verified.get(key);
    if (cached) {
      if (cached.untilMs > nowMs) return cached.token;
      this.verified.delete(key);
      if (cached.token.expiresAtMs <= nowMs) throw new TokenExpiredError(cached.token.principal);
    }
    const issuers = this.issuersOf(token);
    const checked = await (issuers.isOpaque
      ? this.checkOpaque(issuers.accepted, { token, key, nowMs })
      : this.checkSigned(issuers.accepted, { token, key, nowMs }));
    if (this.verified.size >= maxCached) this.verified.clear();
    this.verified.set(key, checked);
    return checked.token;
  }

  /** Who made a token, as it says; of an opaque one, who can be asked. Throws where nobody here did. */
  private issuersOf(token: string): { isOpaque: boolean; accepted: AcceptedIssuer } {
    const name = issuerOf(token);
    const accepted =
      name === undefined
        ? [...this.issuers.values()].find(({ issuer }) => issuer.introspection?.tokens === 'opaque')
        : this.issuers.get(name);
    if (!accepted) throw invalid();
    return { isOpaque: name === undefined, accepted };
  }

  private async checkOpaque(accepted: AcceptedIssuer, asked: AskedToken) {
    const claims = await introspect(accepted, asked);
    return rememberable(claims, accepted, asked.nowMs);
  }

  private async checkSigned(accepted: AcceptedIssuer, asked: AskedToken) {
    const { issuer, keys, introspector } = accepted;
    const { token, nowMs } = asked;
    const getKey = await keys.get().catch((cause: unknown) => {
      throw unavailable(cause);
    });
    const { payload, protectedHeader } = await jwtVerify(token, getKey, {
      issuer: issuer.issuer,
      audience: [issuer.audience, issuer.idTokensOf ?? []].flat(),
      algorithms,
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'sub'],
    }).catch((cause: unknown) => {
      if (isOutage(cause)) throw unavailable(cause);
      if (!(cause instanceof errors.JWTExpired)) throw invalid(cause);
      requireOurs(decodeProtectedHeader(token), cause.payload, issuer);
      throw new TokenExpiredError(principalOf(cause.payload, issuer));
    });
    const kind = requireOurs(protectedHeader, payload, issuer);
    requireShortLife(payload, issuer, nowMs);
    // Providers don't introspect ID tokens.
    const isAsked = introspector?.settings.tokens === 'all' && kind !== 'id';
    if (isAsked && (await introspect(accepted, asked)).sub !== payload.sub) throw invalid();
    return rememberable(payload, { issuer, introspector: isAsked ? introspector : undefined }, nowMs);
  }
}

interface AskedToken {
  token: string;
  /** Its digest. */
  key: string;
  nowMs: number;
}

function rememberable(
  claims: JWTPayload,
  { issuer, introspector }: Pick<AcceptedIssuer, 'issuer' | 'introspector'>,
  nowMs: number,
): { token: VerifiedToken; untilMs: number } {
  const askAgainMs = introspector ? nowMs + introspector.cacheForMs : Number.POSITIVE_INFINITY;
  // An opaque token without an expiry is good until the provider says otherwise.
  const expiresAtMs =
    claims.exp === undefined
      ? nowMs + longestLifeMs(issuer)
      : (claims.exp + (introspector ? 0 : clockToleranceSeconds)) * 1000;
  const token = { principal: principalOf(claims, issuer), claims, expiresAtMs };
  return { token, untilMs: Math.min(expiresAtMs, askAgainMs) };
}

async function introspect(
  { issuer, introspector }: AcceptedIssuer,
  { token, key, nowMs }: AskedToken,
): Promise<JWTPayload> {
  if (!introspector) throw invalid();
  const claims = await introspector.ask(token, key, nowMs).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  if (!claims) throw invalid();
  if (claims.exp !== undefined) requireShortLife(claims, issuer, nowMs);
  return claims;
}

function requireOurs(header: { typ?: unknown }, claims: JWTPayload, issuer: Issuer): TokenKind {
  const kind = tokenKindOf(header, claims);
  if (!isMeantForUs(kind, claims, issuer)) throw invalid();
  return kind;
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

/** The issuer that a JWT names; undefined for a token that is none. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return undefined;
  }
}

function missing(): CodedError {
  return new CodedError(
    'token.missing',
    'Send an access token of your identity provider: Authorization: Bearer …',
  );
}

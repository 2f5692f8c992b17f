import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

const timeoutMs = 5000;
const cacheMaxAgeMs = 24 * 3_600_000;
const cooldownMs = 10_000;

/**
 * An issuer's signing keys (RFC 7517), found through its discovery document (OpenID Connect Discovery 1.0, §4) and
 * kept for a day, so that an outage of the provider doesn't stop verification; an unknown key id fetches anew, at most
 * every 10 s.
 */
export class IssuerKeys {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private failedAt = 0;

  constructor(
    private readonly issuer: string,
    private readonly jwksUrl?: string,
  ) {}

  /** The key function for `jwtVerify`. Throws where the provider can't be reached and no key is known. */
  get(): Promise<JWTVerifyGetKey> {
    if (!this.keys) {
      if (Date.now() - this.failedAt < 1000) return Promise.reject(new Error('identity provider is away'));
      this.keys = this.load();
      this.keys.catch(() => {
        this.failedAt = Date.now();
        this.keys = undefined;
      });
    }
    return this.keys;
  }

  private async load(): Promise<JWTVerifyGetKey> {
    const url = this.jwksUrl ?? (await this.discover());
    return createRemoteJWKSet(new URL(url), {
      cacheMaxAge: cacheMaxAgeMs,
      cooldownDuration: cooldownMs,
      timeoutDuration: timeoutMs,
    });
  }

  private async discover(): Promise<string> {
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    if (!response.ok) throw new Error(`discovery answered ${response.status}`);
    const document = Discovery.parse(await response.json());
    if (document.issuer !== this.issuer) throw new Error('discovery names another issuer');
    return document.jwks_uri;
  }
}

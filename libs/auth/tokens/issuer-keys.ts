import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { readJson } from './read-json.ts';

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

const timeoutMs = 5000;
const cacheMaxAgeMs = 24 * 3_600_000;
const refreshAfterMs = 10 * 60_000;
const cooldownMs = 10_000;

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/**
 * An issuer's signing keys (RFC 7517), found through its discovery document (OpenID Connect Discovery 1.0, §4). They are
 * fetched anew in the background every 10 min, so that a withdrawn key stops being accepted, and at once for an unknown
 * key id, at most every 10 s. While the provider is away those last seen are used, for a day.
 */
export class IssuerKeys {
  private keys: Promise<RemoteKeys> | undefined;
  private failedAt = 0;
  private refreshedAt = 0;

  constructor(
    private readonly issuer: string,
    private readonly jwksUrl?: string,
  ) {}

  /** The key function for `jwtVerify`. Throws where the provider can't be reached and no key is known. */
  get(): Promise<JWTVerifyGetKey> {
    if (!this.keys) {
      if (Date.now() - this.failedAt < 1000) return Promise.reject(new Error('identity provider is away'));
      this.refreshedAt = Date.now();
      this.keys = this.load();
      this.keys.catch(() => {
        this.failedAt = Date.now();
        this.keys = undefined;
      });
    } else if (Date.now() - this.refreshedAt >= refreshAfterMs) {
      this.refreshedAt = Date.now();
      this.keys.then((keys) => keys.reload()).catch(() => undefined);
    }
    return this.keys;
  }

  private async load(): Promise<RemoteKeys> {
    const url = this.jwksUrl ?? (await this.discover());
    return createRemoteJWKSet(new URL(url), {
      cacheMaxAge: cacheMaxAgeMs,
      cooldownDuration: cooldownMs,
      timeoutDuration: timeoutMs,
    });
  }

  private async discover(): Promise<string> {
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = Discovery.parse(await readJson(url));
    if (document.issuer !== this.issuer) throw new Error('discovery names another issuer');
    return document.jwks_uri;
  }
}

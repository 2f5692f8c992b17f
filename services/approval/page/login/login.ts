import { Inject, Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import { TokenVerifier } from '#auth';
import { ActiveConfig, LOGGER, SecretReferences } from '#boot';
import { CodedError, type Issuer, type Principal } from '#contracts';
import type { Logger } from '#telemetry';
import { ApprovalSettings } from '../../config.ts';
import { pagePaths } from '../paths.ts';

/** What a login that is under way has to remember until the person comes back. */
export interface LoginAttempt {
  issuer: string;
  state: string;
  nonce: string;
  verifier: string;
  /** The page they wanted. */
  to: string;
}

/** A finished login: a token that this service accepts. */
export interface FinishedLogin {
  token: string;
  issuer: string;
  principal: Principal;
}

interface KnownProvider {
  issuer: Issuer;
  configuration: Promise<oidc.Configuration>;
  until: number;
}

const timeoutSeconds = 10;
/** What a provider says of itself is asked again after this long. */
const knownMs = 3_600_000;
const maxProviders = 20;

/**
 * Logs people in at the identity providers of `sallyport.yaml` that name a client for the pages: authorization code
 * with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700), as a public or a confidential client. The
 * token it brings back is the provider's own and goes through the same verifier as every other.
 */
@Injectable()
export class Login {
  private readonly known = new Map<string, KnownProvider>();

  constructor(
    private readonly config: ActiveConfig,
    private readonly settings: ApprovalSettings,
    private readonly tokens: TokenVerifier,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Issuers people can log in with here. */
  issuers(): string[] {
    return this.listed().map(({ issuer }) => issuer);
  }

  /** Where to send a person, and what to remember. Throws `service.unavailable` where the provider can't be reached. */
  async begin(issuer: string, to: string): Promise<{ url: string; attempt: LoginAttempt }> {
    const provider = await this.provider(issuer);
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const url = oidc.buildAuthorizationUrl(provider, {
      ...{ redirect_uri: this.redirectUri, scope: this.scopeOf(issuer, provider), state, nonce },
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, attempt: { issuer, state, nonce, verifier, to } };
  }

  /** Exchanges the code that the provider sent back. `query` is the returned address's, with its question mark. */
  async finish(attempt: LoginAttempt, query: string): Promise<FinishedLogin> {
    const provider = await this.provider(attempt.issuer);
    const answer = await oidc
      .authorizationCodeGrant(provider, new URL(`${this.redirectUri}${query}`), {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      })
      .catch((cause: unknown) => {
        this.logger.warn({ err: cause, issuer: attempt.issuer }, 'login failed');
        throw new CodedError(
          'token.invalid',
          'The identity provider did not complete the login. Try again.',
          {
            cause,
          },
        );
      });
    return this.accepted(attempt.issuer, [answer.access_token, answer.id_token]);
  }

  /** Where a person ends the provider's own session too; undefined where it offers no such page. */
  async endSessionUrl(issuer: string): Promise<string | undefined> {
    try {
      const provider = await this.provider(issuer);
      if (provider.serverMetadata().end_session_endpoint === undefined) return undefined;
      const back = `${this.settings.publicUrl}${pagePaths.logout}`;
      return oidc.buildEndSessionUrl(provider, { post_logout_redirect_uri: back }).href;
    } catch (err) {
      this.logger.warn({ err, issuer }, 'the provider has no page to log out');
      return undefined;
    }
  }

  /** The first of a login's tokens that this service accepts, as it would from any client. */
  private async accepted(issuer: string, tokens: readonly (string | undefined)[]): Promise<FinishedLogin> {
    let reason: unknown;
    for (const token of tokens) {
      if (token === undefined) continue;
      try {
        const { principal } = await this.tokens.verify(token);
        return { token, issuer, principal };
      } catch (error) {
        if (!(error instanceof CodedError) || error.status !== 401) throw error;
        reason ??= error;
      }
    }
    const message =
      'You are logged in at the provider, but neither its access token nor its ID token is accepted here. ' +
      'See audience and idTokensOf of the issuer in sallyport.yaml.';
    throw new CodedError('token.invalid', message, { cause: reason });
  }

  private listed(): Issuer[] {
    const issuers = this.config.current?.document.identity.issuers ?? [];
    return issuers.filter(({ clientId }) => clientId !== undefined);
  }

  private get redirectUri(): string {
    return `${this.settings.publicUrl}${pagePaths.loginReturn}`;
  }

  /** `groups` only where the provider knows the scope: others refuse what they don't know. */
  private scopeOf(issuer: string, provider: oidc.Configuration): string {
    const configured = this.listed().find((one) => one.issuer === issuer)?.scope;
    if (configured !== undefined) return configured;
    const knowsGroups = provider.serverMetadata().scopes_supported?.includes('groups') ?? false;
    return `openid profile email${knowsGroups ? ' groups' : ''}`;
  }

  private provider(name: string): Promise<oidc.Configuration> {
    const issuer = this.listed().find((one) => one.issuer === name);
    if (!issuer) throw new CodedError('request.invalid', 'That identity provider is not one of ours.');
    const known = this.known.get(name);
    const same = known && JSON.stringify(known.issuer) === JSON.stringify(issuer);
    if (same && known.until > Date.now()) return known.configuration;
    const configuration = this.discover(issuer);
    configuration.catch(() => this.known.delete(name));
    if (this.known.size >= maxProviders) this.known.clear();
    this.known.set(name, { issuer, configuration, until: Date.now() + knownMs });
    return configuration;
  }

  private async discover(listed: Issuer): Promise<oidc.Configuration> {
    const { issuer, clientId = '', clientSecret } = listed;
    const secrets = new SecretReferences(this.settings.common.secretsDir);
    try {
      const secret = clientSecret && (await secrets.open(clientSecret));
      const provider = await oidc.discovery(
        new URL(issuer),
        clientId,
        secret,
        secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
        // An issuer by http is one that the administrator wrote so: the embedded one, or one beside this service.
        {
          timeout: timeoutSeconds,
          execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
          [oidc.customFetch]: fetchFor(listed),
        },
      );
      oidc.enableNonRepudiationChecks(provider);
      return provider;
    } catch (cause) {
      this.logger.warn({ err: cause, issuer }, 'identity provider');
      const message = 'The identity provider cannot be reached, or is not set up for this page. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    }
  }
}

/** The way to a provider, which may have another name for services than for browsers. */
function fetchFor({ issuer, internalUrl }: Issuer): oidc.CustomFetch {
  const [name, here] = [new URL(issuer).origin, internalUrl && new URL(internalUrl).origin];
  return (url, options) => {
    const address = here !== undefined && url.startsWith(`${name}/`) ? here + url.slice(name.length) : url;
    return fetch(address, { ...options, body: options.body ?? null });
  };
}

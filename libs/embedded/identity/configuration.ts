import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { escapeHtml, page } from './pages.ts';
import type { IdentityState } from './state.ts';
import { memoryStore } from './store.ts';
import { findUser, SERVICE_ACCOUNTS } from './users.ts';

export interface IdentitySettings {
  /** The `aud` of access tokens. */
  readonly audience: string;
  /** Life of an access token. */
  readonly tokenLifeSeconds: number;
  /** Where the approvers' web page may be sent back to after a login. */
  readonly consoleRedirectUris: readonly string[];
}

/** The one scope of the gateway's API. */
export const API_SCOPE = 'sallyport';
/** Names the API in a token request (RFC 8707 asks for a URI); the token's `aud` is the configured audience. */
const API_RESOURCE = 'urn:sallyport:api';
export const CLI_CLIENT = 'sallyport-cli';
export const CONSOLE_CLIENT = 'sallyport-console';

const SESSION_SECONDS = 12 * 3600;

/** What the OIDC server has to know: clients, claims, lifetimes, which flows are open. */
export function identityConfiguration(state: IdentityState, settings: IdentitySettings): Configuration {
  return {
    adapter: memoryStore(),
    clients: clients(state, settings),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [state.signingKey as never] },
    cookies: { keys: [state.cookieKey] },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
      groups: ['groups'],
    },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: {
      AccessToken: settings.tokenLifeSeconds,
      ClientCredentials: settings.tokenLifeSeconds,
      IdToken: settings.tokenLifeSeconds,
      DeviceCode: 600,
      Interaction: 600,
      Session: SESSION_SECONDS,
      Grant: SESSION_SECONDS,
      RefreshToken: SESSION_SECONDS,
    },
    findAccount: (_ctx, name) => account(name),
    loadExistingGrant: (ctx) => grantEverything(ctx),
    extraTokenClaims: (_ctx, token) => ({
      groups: groupsOf('accountId' in token ? token.accountId : token.clientId),
      ...('accountId' in token ? { email: findUser(token.accountId)?.email } : {}),
    }),
    clientBasedCORS: (_ctx, _origin, client) => client.clientId === CONSOLE_CLIENT,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page(
        'Sign-in failed',
        `<p class="error">${escapeHtml(String(out.error_description ?? out.error))}</p>`,
      );
    },
    features: features(settings),
  };
}

function features(settings: IdentitySettings): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API_RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: API_SCOPE,
        audience: settings.audience,
        accessTokenTTL: settings.tokenLifeSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, form, _out, error) => {
        const wrong = error ? '<p class="error">That code is unknown.</p>' : '';
        ctx.body = page(
          'Enter the code',
          `${wrong}${form}<button form="op.deviceInputForm">Continue</button>`,
        );
      },
      userCodeConfirmSource: (ctx, form, client, _device, code) => {
        const name = escapeHtml(client.clientId);
        ctx.body = page(
          'Sign in on another device',
          `<p>${name} shows <strong>${escapeHtml(code)}</strong>?</p>${form}<button form="op.deviceConfirmForm">Yes</button>`,
        );
      },
      successSource: (ctx) => {
        ctx.body = page('Signed in', '<p>You can close this page.</p>');
      },
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = page(
          'Sign out',
          `${form}<button form="op.logoutForm" value="yes" name="logout">Sign out</button>`,
        );
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = page('Signed out', '<p>You can close this page.</p>');
      },
    },
  };
}

function clients(state: IdentityState, settings: IdentitySettings): NonNullable<Configuration['clients']> {
  const publicClient = { token_endpoint_auth_method: 'none', response_types: ['code'] } as const;
  const console = {
    ...publicClient,
    client_id: CONSOLE_CLIENT,
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [...settings.consoleRedirectUris],
    post_logout_redirect_uris: settings.consoleRedirectUris.map((uri) => new URL('/logout', uri).href),
  } as const;
  return [
    {
      ...publicClient,
      client_id: CLI_CLIENT,
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: ['http://127.0.0.1/callback'],
    },
    ...(settings.consoleRedirectUris.length === 0 ? [] : [console]),
    ...SERVICE_ACCOUNTS.map(({ name }) => ({
      client_id: name,
      client_secret: state.clientSecrets[name] as string,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
  ] as NonNullable<Configuration['clients']>;
}

function account(name: string) {
  const user = findUser(name);
  if (user === undefined) return undefined;
  const { displayName, email, groups } = user;
  return {
    accountId: name,
    claims: () => ({ sub: name, name: displayName, preferred_username: name, email, groups: [...groups] }),
  };
}

/** Groups of a person or service account; empty for a name nobody has. */
export function groupsOf(name: string | undefined): string[] {
  const known = findUser(name ?? '') ?? SERVICE_ACCOUNTS.find((entry) => entry.name === name);
  return [...(known?.groups ?? [])];
}

/** Own clients on one machine: after the login nobody is asked again whether the client may know the name. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { client, session, provider, result } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found !== undefined) return found;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid offline_access profile email groups');
  grant.addResourceScope(API_RESOURCE, API_SCOPE);
  await grant.save();
  return grant;
}

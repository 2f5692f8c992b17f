import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'oidc-provider';

const api = 'urn:sallyport:api';

export interface LoginProvider {
  /** Its name, in tokens and for browsers. */
  issuer: string;
  /** Where it listens. */
  address: string;
  /** Paths that were asked for by this address instead of by its name. */
  reached: string[];
  clientSecret: string;
  /** Takes requests from now on, and sends people back here. */
  open(redirectUri: string): void;
  stop(): Promise<void>;
}

/**
 * A provider with one confidential client, at which everybody is logged in as `user` without being asked. `name`: what
 * browsers call it, where that isn't where it listens.
 */
export async function startLoginProvider(
  user: { name: string; groups: string[] },
  name?: string,
): Promise<LoginProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = name ?? address;
  const clientSecret = randomBytes(24).toString('base64url');
  const reached: string[] = [];
  const open = (redirectUri: string): void => {
    const provider = new oidc.Provider(issuer, configuration(redirectUri, clientSecret, user));
    const callback = provider.callback();
    server.on('request', (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      if (request.headers.host === new URL(address).host) reached.push(path);
      request.headers.host = new URL(issuer).host;
      if (!path.startsWith('/interaction/')) return void callback(request, response);
      void provider.interactionFinished(request, response, { login: { accountId: user.name } });
    });
  };
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { issuer, address, reached, clientSecret, open, stop };
}

function configuration(
  redirectUri: string,
  clientSecret: string,
  user: { name: string; groups: string[] },
): oidc.Configuration {
  return {
    clients: [
      {
        ...{
          client_id: 'desk',
          client_secret: clientSecret,
          token_endpoint_auth_method: 'client_secret_basic',
        },
        ...{ redirect_uris: [redirectUri], response_types: ['code'], grant_types: ['authorization_code'] },
      },
    ],
    pkce: { required: () => true },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: () => ({ groups: user.groups }),
    loadExistingGrant: async ({ oidc: { client, session, provider } }) => {
      const grant = new provider.Grant({
        ...(client && { clientId: client.clientId }),
        ...(session?.accountId !== undefined && { accountId: session.accountId }),
      });
      grant.addOIDCScope('openid profile email');
      grant.addResourceScope(api, 'sallyport');
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        ...{ enabled: true, defaultResource: () => api, useGrantedResource: () => true },
        getResourceServerInfo: () => ({
          ...{ scope: 'sallyport', audience: 'sallyport', accessTokenFormat: 'jwt' as const },
        }),
      },
    },
  };
}

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { importJWK, SignJWT } from 'jose';
import type { Provider } from 'oidc-provider';
import {
  API_SCOPE,
  CLI_CLIENT,
  groupsOf,
  type IdentitySettings,
  identityConfiguration,
} from './configuration.ts';
import { readBody, reply, sameText } from './http.ts';
import { interact } from './interaction.ts';
import { type IdentityState, loadIdentityState } from './state.ts';
import { findUser } from './users.ts';

const HOST = '127.0.0.1';

export interface IdentityProviderOptions {
  /** Keeps keys and passwords between starts. */
  readonly dir: string;
  /** Loopback port; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on (default 127.0.0.1, which also stays the issuer's name). */
  readonly bind?: string;
  /** The `aud` of access tokens (default `sallyport`). */
  readonly audience?: string;
  /** Life of an access token (default 600). */
  readonly tokenLifeSeconds?: number;
  readonly consoleRedirectUris?: readonly string[];
}

/** A token made without a login; the extra fields let a test make one that has to be refused. */
export interface MintOptions {
  readonly user: string;
  /** Negative: already expired. */
  readonly expiresInSeconds?: number;
  readonly audience?: string;
  readonly issuer?: string;
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface IdentityProvider {
  /** The `iss` of its tokens, and the address of its discovery document's folder. */
  readonly issuer: string;
  readonly port: number;
  readonly audience: string;
  readonly state: IdentityState;
  /** An access token as a login would have given it. */
  mint(options: MintOptions): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an OIDC provider with the seeded people on 127.0.0.1: browser login, device flow, client credentials. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const state = await loadIdentityState(options.dir);
  const settings: IdentitySettings = {
    audience: options.audience ?? 'sallyport',
    tokenLifeSeconds: options.tokenLifeSeconds ?? 600,
    consoleRedirectUris: options.consoleRedirectUris ?? [],
  };
  const server = createServer();
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.bind ?? HOST, resolve);
  });
  const { port } = server.address() as { port: number };
  const issuer = `http://${HOST}:${port}`;
  const oidc = await import('oidc-provider');
  const provider = new oidc.Provider(issuer, identityConfiguration(state, settings));
  const mint = (wanted: MintOptions) => mintToken(state, settings, issuer, wanted);
  server.on('request', requestHandler(provider, state, settings, mint));
  return { issuer, port, audience: settings.audience, state, mint, stop: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

/** RFC 9068: the same shape as the provider's own JWT access tokens. */
async function mintToken(
  state: IdentityState,
  settings: IdentitySettings,
  issuer: string,
  wanted: MintOptions,
): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const life = wanted.expiresInSeconds ?? settings.tokenLifeSeconds;
  const email = findUser(wanted.user)?.email;
  return new SignJWT({
    client_id: CLI_CLIENT,
    scope: API_SCOPE,
    groups: wanted.groups ?? groupsOf(wanted.user),
    ...(email === undefined ? {} : { email }),
    ...wanted.claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: state.signingKey.kid as string })
    .setIssuer(wanted.issuer ?? issuer)
    .setAudience(wanted.audience ?? settings.audience)
    .setSubject(wanted.user)
    .setIssuedAt(life < 0 ? issuedAt + life - 60 : issuedAt)
    .setExpirationTime(issuedAt + life)
    .setJti(randomUUID())
    .sign(await importJWK(state.signingKey, 'ES256'));
}

type Mint = (wanted: MintOptions) => Promise<string>;

function requestHandler(provider: Provider, state: IdentityState, settings: IdentitySettings, mint: Mint) {
  const oidc = provider.callback();
  const { host } = new URL(provider.issuer);
  const route = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Its addresses are the issuer's, also for who reaches it by another name (as containers do).
    request.headers.host = host;
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/local/token') return localToken(request, response, state, settings, mint);
    if (path === '/healthz') return reply(response, 200, 'application/json', '{"status":"ok"}');
    if (path.startsWith('/interaction/')) return interact(provider, state, request, response);
    return oidc(request, response) as unknown as Promise<void>;
  };
  return (request: IncomingMessage, response: ServerResponse) => {
    Promise.resolve(route(request, response)).catch(() => {
      if (!response.headersSent) void reply(response, 400, 'application/json', '{"error":"invalid_request"}');
    });
  };
}

async function localToken(
  request: IncomingMessage,
  response: ServerResponse,
  state: IdentityState,
  settings: IdentitySettings,
  mint: Mint,
): Promise<void> {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (request.method !== 'POST' || !sameText(state.tokenSecret, given)) {
    return reply(response, 401, 'application/json', '{"error":"invalid_token"}');
  }
  const { user } = JSON.parse(await readBody(request)) as { user?: unknown };
  if (typeof user !== 'string' || findUser(user) === undefined) {
    return reply(response, 404, 'application/json', '{"error":"unknown_user"}');
  }
  const body = {
    access_token: await mint({ user }),
    token_type: 'Bearer',
    expires_in: settings.tokenLifeSeconds,
  };
  return reply(response, 200, 'application/json', JSON.stringify(body));
}

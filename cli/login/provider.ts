import { readFile } from 'node:fs/promises';
import {
  allowInsecureRequests,
  ClientError,
  ClientSecretBasic,
  type Configuration,
  clientCredentialsGrant,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { StartProblem } from '#embedded';
import type { Session } from './session.ts';

export interface LoginOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope?: string;
  readonly sends: Session['sends'];
}

/** What a person has to do. */
export interface DevicePrompt {
  readonly url: string;
  readonly code: string;
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** Asked for besides `openid` and `offline_access` where the provider knows them. */
const usualScopes = ['profile', 'email', 'groups'];

/** The provider refuses: a new login is needed. */
export class LoginRefusedError extends StartProblem {}

async function connect(issuer: string, clientId: string, secret?: string): Promise<Configuration> {
  const url = new URL(issuer);
  const isLocal = url.protocol === 'http:' && loopback.has(url.hostname);
  const auth = secret === undefined ? None() : ClientSecretBasic(secret);
  const options = { timeout: 10, ...(isLocal && { execute: [allowInsecureRequests] }) };
  return discovery(url, clientId, undefined, auth, options).catch((cause: unknown) => {
    const said = (cause as Error).message;
    const hint = 'check the address, and that it is https, or on this machine';
    throw new StartProblem('embedded.not_ready', `${issuer} can't be used: ${said}`, hint, { cause });
  });
}

/** Logs a person in by the device authorization grant (RFC 8628): `prompt` shows what to do elsewhere. */
export async function logInByDevice(
  options: LoginOptions,
  prompt: (device: DevicePrompt) => void,
  signal: AbortSignal,
): Promise<Session> {
  const config = await connect(options.issuer, options.clientId);
  const known = config.serverMetadata().scopes_supported ?? [];
  const usual = ['openid', 'offline_access', ...usualScopes.filter((scope) => known.includes(scope))];
  const scope = options.scope ?? usual.join(' ');
  const device = await asked(() => initiateDeviceAuthorization(config, { scope }));
  prompt({ url: device.verification_uri_complete ?? device.verification_uri, code: device.user_code });
  const tokens = await asked(() => pollDeviceAuthorizationGrant(config, device, undefined, { signal }));
  return sessionOf({ ...options, scope }, tokens, Date.now());
}

/** Logs a service in by client credentials (RFC 6749, §4.4); its secret is read from the file each time. */
export async function logInService(
  options: Omit<LoginOptions, 'sends'> & { readonly secretFile: string },
): Promise<Session> {
  const { issuer, clientId, scope = '', secretFile } = options;
  const config = await connect(issuer, clientId, await readSecret(secretFile));
  const tokens = await asked(() => clientCredentialsGrant(config, scope === '' ? {} : { scope }));
  const about = { issuer, clientId, scope, sends: 'access' as const };
  return { ...sessionOf(about, tokens, Date.now()), secretFile };
}

/** The same login with a new token. Throws `LoginRefusedError` where the provider wants a new login. */
export async function renew(session: Session): Promise<Session> {
  const { issuer, clientId, scope, secretFile, refreshToken, sends } = session;
  if (secretFile !== undefined) return logInService({ issuer, clientId, scope, secretFile });
  if (refreshToken === undefined) throw refused('the provider gave no refresh token');
  const config = await connect(issuer, clientId);
  const tokens = await asked(() => refreshTokenGrant(config, refreshToken));
  // A provider that doesn't rotate refresh tokens sends none.
  return { refreshToken, ...sessionOf({ issuer, clientId, scope, sends }, tokens, Date.now()) };
}

/** Tells the provider that the login is over (RFC 7009), where it wants to know. */
export async function revoke({ issuer, clientId, refreshToken }: Session): Promise<void> {
  if (refreshToken === undefined) return;
  const config = await connect(issuer, clientId);
  if (config.serverMetadata().revocation_endpoint) await tokenRevocation(config, refreshToken);
}

function sessionOf(
  { issuer, clientId, scope = '', sends }: LoginOptions,
  tokens: TokenEndpointResponse,
  nowMs: number,
): Session {
  const token = sends === 'id' ? tokens.id_token : tokens.access_token;
  if (token === undefined) throw refused('the provider gave no ID token');
  const life = tokens.expires_in ?? 300;
  return {
    ...{ issuer, clientId, scope, sends },
    current: { token, issuedAtMs: nowMs, expiresAtMs: nowMs + life * 1000 },
    ...(tokens.refresh_token !== undefined && { refreshToken: tokens.refresh_token }),
  };
}

/** Turns a provider's refusal into one line. An outage stays an error that may pass. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ResponseBodyError) {
      throw refused(error.error_description ?? error.error, error);
    }
    if (error instanceof WWWAuthenticateChallengeError) throw refused('it does not know this client', error);
    // What fetch throws where nothing answers.
    if (error instanceof ClientError || error instanceof TypeError) {
      const hint = 'try again, or check the provider';
      throw new StartProblem('embedded.not_ready', `No usable answer: ${error.message}`, hint, {
        cause: error,
      });
    }
    throw error;
  }
}

function refused(why: string, cause?: unknown): LoginRefusedError {
  const text = `The identity provider refuses: ${why}`;
  return new LoginRefusedError('embedded.not_permitted', text, 'log in again: sallyport login', { cause });
}

async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new StartProblem('embedded.bad_option', `${path} can't be read`, 'name a file with the secret', {
      cause,
    });
  });
  return text.trim();
}

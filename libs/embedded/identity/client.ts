import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartProblem } from '../problem.ts';
import { TOKEN_SECRET_FILE } from './state.ts';

/** An access token and how long it lasts. */
export interface LocalToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
}

/**
 * Asks the embedded identity provider for a seeded person's token. Works only for who may read its secret file.
 * @throws StartProblem when the provider doesn't run, the secret can't be read or the person is unknown.
 */
export async function requestLocalToken(issuer: string, dir: string, user: string): Promise<LocalToken> {
  const path = join(dir, TOKEN_SECRET_FILE);
  const secret = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new StartProblem(
      'embedded.not_ready',
      `No embedded identity provider here (${path})`,
      'run npm start first',
      {
        cause,
      },
    );
  });
  const response = await fetch(`${issuer}/local/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: unknown) => {
    throw new StartProblem(
      'embedded.not_ready',
      `No identity provider answers at ${issuer}`,
      'run npm start first',
      {
        cause,
      },
    );
  });
  if (response.status === 404) {
    throw new StartProblem(
      'embedded.bad_option',
      `Nobody is called ${user}`,
      'use alice, bob, carol, dave or erin',
    );
  }
  if (!response.ok) {
    throw new StartProblem(
      'embedded.not_permitted',
      `${issuer} gave no token (${response.status})`,
      `check ${path}`,
    );
  }
  const body = (await response.json()) as { access_token: string; expires_in: number };
  return { accessToken: body.access_token, expiresInSeconds: body.expires_in };
}

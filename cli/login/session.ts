import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivately } from './private-file.ts';

const Token = z.object({
  token: z.string().min(1),
  expiresAtMs: z.number(),
  /** When it was got. */
  issuedAtMs: z.number(),
});

/** A login that is kept: of a person, with a refresh token, or of a service, whose secret stays in its own file. */
export const Session = z.object({
  issuer: z.url(),
  clientId: z.string().min(1),
  scope: z.string(),
  /** Which of the provider's tokens the gateway gets. */
  sends: z.enum(['access', 'id']),
  current: Token,
  refreshToken: z.string().optional(),
  secretFile: z.string().optional(),
});
export type Session = z.infer<typeof Session>;

/** Where logins are kept: `$SALLYPORT_CONFIG_DIR`, else `sallyport` in the user's folder for configuration (XDG). */
export function sessionFile(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment.SALLYPORT_CONFIG_DIR;
  const config = environment.XDG_CONFIG_HOME || join(homedir(), '.config');
  return join(own || join(config, 'sallyport'), 'session.json');
}

/** The login that is kept, or undefined. A file that can't be understood counts as none. */
export async function readSession(): Promise<Session | undefined> {
  const text = await readFile(sessionFile(), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Session.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Keeps a login, readable by its owner only. */
export function writeSession(session: Session): Promise<void> {
  return writePrivately(sessionFile(), `${JSON.stringify(session, undefined, 2)}\n`);
}

/** Forgets the login. */
export function forgetSession(): Promise<void> {
  return rm(sessionFile(), { force: true });
}

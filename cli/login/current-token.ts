import { withFileLock } from '#embedded';
import { renew } from './provider.ts';
import { readSession, type Session, sessionFile, writeSession } from './session.ts';

const leastLeftMs = 60_000;

/** When a token should be replaced: after four fifths of its life, and a minute before its end where it lives longer. */
export function renewAtMs({ issuedAtMs, expiresAtMs }: Session['current']): number {
  const life = expiresAtMs - issuedAtMs;
  return Math.max(issuedAtMs + life / 2, Math.min(issuedAtMs + life * 0.8, expiresAtMs - leastLeftMs));
}

/**
 * The token of who is logged in, renewed where its life is nearly over; undefined where nobody is. Only one process renews
 * at a time, since a refresh token may be good for one use.
 */
export async function currentToken(nowMs: number = Date.now()): Promise<Session['current'] | undefined> {
  const kept = await readSession();
  if (!kept || nowMs < renewAtMs(kept.current)) return kept?.current;
  return withFileLock(`${sessionFile()}.lock`, async () => {
    const session = await readSession();
    if (!session || nowMs < renewAtMs(session.current)) return session?.current;
    try {
      const renewed = await renew(session);
      await writeSession(renewed);
      return renewed.current;
    } catch (error) {
      // What is left of the old one bridges a short outage.
      if (session.current.expiresAtMs > Date.now() + 5000) return session.current;
      throw error;
    }
  });
}

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { z } from 'zod';

const maxPlainBytes = 64 * 1024;

/** Keys that come from one secret, so that every replica has the same and nothing more has to be kept. */
export interface PageKeys {
  /** Encrypts cookies. */
  seal: Uint8Array;
  /** Makes the tokens that forms carry. */
  form: Uint8Array;
}

/** Derives the page's keys (HKDF, RFC 5869) from a secret that all replicas of the service share. */
export function pageKeys(secret: string): PageKeys {
  const derive = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, '', `sallyport/approval-page/${use}`, 32));
  return { seal: derive('cookie'), form: derive('form') };
}

const Sealed = z.object({ kind: z.string(), until: z.number(), value: z.unknown() });

/** Encrypts a value (JWE, RFC 7516: `dir`, A256GCM) that nobody else can read or change, until a time (ms since the epoch). */
export function seal(keys: PageKeys, kind: string, value: unknown, until: number): Promise<string> {
  const bytes = deflateRawSync(Buffer.from(JSON.stringify({ kind, until, value }), 'utf8'));
  return new CompactEncrypt(bytes).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(keys.seal);
}

/** What `seal` kept; undefined where it is of another kind, too old, changed or not ours. */
export async function unseal(keys: PageKeys, kind: string, text: string, now: number): Promise<unknown> {
  try {
    const { plaintext } = await compactDecrypt(text, keys.seal, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    const json = inflateRawSync(plaintext, { maxOutputLength: maxPlainBytes }).toString('utf8');
    const sealed = Sealed.parse(JSON.parse(json));
    return sealed.kind === kind && sealed.until > now ? sealed.value : undefined;
  } catch {
    return undefined;
  }
}

/** The token that every form of a session carries: another site can neither read nor guess it. */
export function formToken(keys: PageKeys, sessionId: string): string {
  return createHmac('sha256', keys.form).update(sessionId).digest('base64url');
}

/** Compares in constant time. */
export function isFormToken(keys: PageKeys, sessionId: string, given: string): boolean {
  const [expected, actual] = [Buffer.from(formToken(keys, sessionId)), Buffer.from(given)];
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

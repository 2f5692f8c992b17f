import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^\[([A-Z][A-Z0-9_]{0,39}):([A-Za-z0-9_-]{38,})\]$/;

/** How an encrypted value looks in a text: `[EMAIL_ADDRESS:base64url]`. */
export const SEALED_PATTERN = String.raw`\[[A-Z][A-Z0-9_]{0,39}:[A-Za-z0-9_-]{38,}\]`;
/** What is enough of it to tell. */
export const SEALED_START = String.raw`\[[A-Z][A-Z0-9_]{0,39}:[A-Za-z0-9_-]{38}`;

/**
 * AES-256-GCM with a nonce derived from the value (deterministic, so that a conversation's prefix stays the same);
 * scope and entity are authenticated.
 */
export function encryptValue(key: Uint8Array, scope: string, entity: string, value: string): string {
  const nonce = createHmac('sha256', key).update(`nonce\0${scope}\0${entity}\0${value}`).digest();
  const cipher = createCipheriv('aes-256-gcm', keyFor(key), nonce.subarray(0, NONCE_BYTES));
  cipher.setAAD(Buffer.from(`${scope}\0${entity}`));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  const whole = Buffer.concat([nonce.subarray(0, NONCE_BYTES), sealed, cipher.getAuthTag()]);
  return `[${entity}:${whole.toString('base64url')}]`;
}

/** The value of an encrypted placeholder of this key and scope; undefined if it is none. */
export function decryptValue(key: Uint8Array, scope: string, placeholder: string): string | undefined {
  const match = SEALED.exec(placeholder);
  if (!match) return undefined;
  const whole = Buffer.from(match[2]!, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyFor(key), whole.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(`${scope}\0${match[1]}`));
  decipher.setAuthTag(whole.subarray(-TAG_BYTES));
  try {
    return (
      decipher.update(whole.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    );
  } catch {
    return undefined;
  }
}

function keyFor(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update('sallyport masking: encrypt').digest();
}

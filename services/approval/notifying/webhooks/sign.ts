import { createHmac } from 'node:crypto';

/** A webhook's secret isn't one. The message doesn't hold it. */
export class WebhookSecretError extends Error {
  override readonly name = 'WebhookSecretError';
}

/** The key in a `whsec_…` secret: 24 to 64 bytes, as the specification asks. Throws `WebhookSecretError` for others. */
export function signingKey(secret: string): Buffer {
  const text = secret.startsWith('whsec_') ? secret.slice(6) : secret;
  const key = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.length < 24 || key.length > 64) {
    throw new WebhookSecretError('expected whsec_ and 24 to 64 bytes in base64');
  }
  return key;
}

/**
 * The headers of a signed message (Standard Webhooks 1.0.0, symmetric signatures): one signature for each key, so that
 * a receiver may know the old one or the new one while a secret is rotated.
 */
export function signedHeaders(
  id: string,
  atMs: number,
  body: string,
  keys: readonly Uint8Array[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

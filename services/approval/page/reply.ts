import type { FastifyReply } from 'fastify';

/**
 * What every page is sent with: nothing loads from elsewhere, no script or style stands in the page, nobody frames it,
 * nothing is kept.
 */
const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/** Sends a page. */
export function sendPage(reply: FastifyReply, text: string, status = 200): void {
  reply.status(status).headers(pageHeaders).type('text/html; charset=utf-8').send(text);
}

/** Sends the browser on with a GET. */
export function sendOn(reply: FastifyReply, location: string, cookies: readonly string[] = []): void {
  reply.headers(pageHeaders);
  if (cookies.length > 0) reply.header('set-cookie', [...cookies]);
  reply.redirect(location, 303);
}

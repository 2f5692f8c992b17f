import { Client } from 'undici';
import { findAddress, pinnedTo, type Resolve } from '#outgoing';
import { type Attempt, failed, refused } from '../delivering/attempt.ts';

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** For everything from looking up the name to the end of the answer. */
  timeoutMs: number;
  privateNetworks: readonly string[];
}

const maxAnswerBytes = 16 * 1024;
const maxHeaderBytes = 16 * 1024;

/**
 * Posts once. The name is looked up once, every address it has must be one that may be reached, and the connection goes
 * to the address that was looked at. No redirect is followed; of the answer only the status counts.
 */
export async function post(message: Post, resolve?: Resolve): Promise<Attempt> {
  const signal = AbortSignal.timeout(message.timeoutMs);
  try {
    const url = new URL(message.url);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('url.invalid');
    const found = await findAddress(url, message.privateNetworks, signal, resolve);
    if (found.kind === 'unknown') return failed('dns.enotfound');
    if (found.kind !== 'address') return refused('address.not_public');
    return await postTo(found.address, url, message, signal);
  } catch (error) {
    return failed(signal.aborted ? 'timeout' : codeOf(error));
  }
}

async function postTo(address: string, url: URL, message: Post, signal: AbortSignal): Promise<Attempt> {
  const { headers, body, timeoutMs } = message;
  const client = new Client(url.origin, {
    connect: { lookup: pinnedTo(address), timeout: timeoutMs },
    maxHeaderSize: maxHeaderBytes,
    maxResponseSize: maxAnswerBytes,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  try {
    const path = `${url.pathname}${url.search}`;
    const answer = await client.request({ method: 'POST', path, headers, body, signal });
    // Read no further than the status: what else is said has no effect.
    answer.body.on('error', () => undefined).destroy();
    return attemptOf(answer.statusCode, answer.headers['retry-after']);
  } finally {
    await client.destroy().catch(() => undefined);
  }
}

function attemptOf(status: number, retryAfter: string | string[] | undefined): Attempt {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const error = `http.${status}`;
  if (status === 410) return { kind: 'gone', error };
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0;
  return { kind: 'failed', error, askedMs: seconds * 1000 };
}

/** A system's or undici's error as a code: `connection.econnrefused`. Messages may name addresses; codes don't. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)
    ? `connection.${code.toLowerCase()}`
    : 'connection.failed';
}

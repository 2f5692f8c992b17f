import { request } from 'undici';

/** When something that was not taken may be sent again. */
export interface Again {
  /** Not earlier than this, ms: the other side asked for it. */
  readonly afterMs?: number;
  /** By what it answered it will not take this: there is no hurry. */
  readonly isUseless?: boolean;
}

/** The other side did not take what was sent. The message never holds what it said: it may repeat what it was sent. */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';
  constructor(
    message: string,
    readonly again: Again = {},
  ) {
    super(message);
  }
}

const largestAnswerBytes = 64 * 1024;

export interface Posting {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly authorization: string | undefined;
  readonly body: Buffer;
  /** So long the other side may say nothing, ms. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
  /** Answers after which the same may be sent again soon; others say that it will not be taken. */
  readonly isPassing: (status: number) => boolean;
}

/** Sends by POST. Resolves with the answer's text, cut, on 2xx. Redirects aren't followed. */
export async function post({ answerMs, signal, isPassing, ...posting }: Posting): Promise<string> {
  const { url, headers, authorization, body } = posting;
  const answer = await request(url, {
    method: 'POST',
    body,
    headers: { ...headers, ...(authorization && { authorization }) },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    signal,
  }).catch((error: Error & { code?: unknown }) => {
    throw new NotTakenError(`no answer: ${typeof error.code === 'string' ? error.code : error.name}`);
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += (chunk as Buffer).length;
    if (bytes > largestAnswerBytes) break;
    chunks.push(chunk as Buffer);
  }
  const { statusCode: status } = answer;
  if (status < 200 || status > 299) {
    const afterMs = retryAfterMs(answer.headers['retry-after'], Date.now());
    const isUseless = !isPassing(status);
    throw new NotTakenError(`answered ${status}`, { isUseless, ...(afterMs !== undefined && { afterMs }) });
  }
  return Buffer.concat(chunks).toString('utf8');
}

const longestWaitMs = 3_600_000;

/** How long `Retry-After` asks to wait (RFC 9110, section 10.2.3): seconds or a date; an hour at most. Pure. */
export function retryAfterMs(value: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(longestWaitMs, Math.max(0, ms));
}

import { request } from 'undici';

/** The other side did not take what was sent. The message never holds what it said: it may repeat what it was sent. */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';
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
}

/** Sends by POST. Resolves with the answer's text, cut, on 2xx. Redirects aren't followed. */
export async function post({ answerMs, signal, ...posting }: Posting): Promise<string> {
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
  if (answer.statusCode < 200 || answer.statusCode > 299)
    throw new NotTakenError(`answered ${answer.statusCode}`);
  return Buffer.concat(chunks).toString('utf8');
}

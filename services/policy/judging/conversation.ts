import { createHash } from 'node:crypto';
import { canonicalJson, type RequestContext } from '#contracts';
import type { Json, RequestReading } from '#protocols';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Members that change how an answer is delivered, not what is asked. */
export const delivery = new Set(['stream', 'stream_options', 'background']);

/** The value at a JSON pointer of one or two steps (a turn's place). */
export function valueAt(body: Json, pointer: string): Json {
  let value: unknown = body;
  for (const step of pointer.split('/').slice(1)) {
    value = (value as Record<string, unknown> | undefined)?.[step.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return (value ?? null) as Json;
}

/** A text in a message's place (`input` of OpenAI's responses) is the message of a user, however it is written. */
const messageOf = (turn: Json): Json => (typeof turn === 'string' ? { role: 'user', content: turn } : turn);

/**
 * Digests of a conversation's prefixes: entry i covers everything up to turn i, turn 0 being what stands outside the
 * messages, what a caller wrote into the request's address among it. The same prefix gives the same digest whatever follows it; a changed earlier message changes all later ones.
 */
export function prefixDigests(reading: RequestReading, address: string | undefined): string[] {
  const member = reading.turns[1]?.pointer.split('/')[1];
  const outside = Object.entries(reading.body).filter(([key]) => key !== member && !delivery.has(key));
  if (address !== undefined) outside.push([':url', address]);
  const digests = [sha256(canonicalJson(Object.fromEntries(outside)))];
  for (const { pointer } of reading.turns.slice(1)) {
    digests.push(sha256(`${digests.at(-1)}\n${canonicalJson(messageOf(valueAt(reading.body, pointer)))}`));
  }
  return digests;
}

/** The key in KV `approved` under which people's approval of a prefix stands: for one person, connection and rule content. */
export function approvedKey(
  subjectKey: string,
  facts: { connection: string; rule: string; contentDigest: string; prefix: string; person?: string },
): string {
  return `${subjectKey}.${sha256(canonicalJson({ ...facts }))}`;
}

/** A conversation's name: the caller's, the protocol's, or the digest of how it began. */
export function conversationId(
  context: RequestContext,
  reading: RequestReading,
  digests: readonly string[],
): string {
  const { conversation, previousResponse } = reading.continuation;
  const named = context.conversation ?? conversation ?? previousResponse;
  return (named ?? `c-${(digests[1] ?? digests[0] ?? '').slice(0, 24)}`).slice(0, 255);
}

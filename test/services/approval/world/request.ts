import { createHash, randomBytes } from 'node:crypto';
import type { Principal, RequestContext } from '#contracts';

const chatPath = '/v1/chat/completions';

/** What a test says of a request besides its text. */
export interface HoldOptions {
  user?: string;
  /** What the token says of the person besides. */
  person?: { name?: string; email?: string; groups?: string[] };
  stream?: boolean;
  body?: object;
  requestId?: string;
  /** A conversation the client names. */
  conversation?: string;
  /** A connection the client names. */
  connection?: string;
  /** The query of its address. */
  query?: string;
  /** When ingress got it; now, unless said. */
  receivedAt?: number;
}

export function newRequestId(): string {
  return `req-${randomBytes(16).toString('hex')}`;
}

/** What ingress says of the request. */
export function contextOf(issuer: string, options: HoldOptions): RequestContext {
  const { user = 'carol', person, conversation, connection, query, receivedAt = Date.now() } = options;
  const groups = { alice: ['security'], bob: ['security'], carol: ['contractors'], dave: ['platform'] };
  const principal: Principal = {
    kind: 'person',
    issuer,
    subject: user,
    groups: groups[user as 'alice'] ?? [],
    ...person,
  };
  return {
    principal,
    subjectKey: createHash('sha256').update(user).digest('hex').slice(0, 32),
    client: { family: 'unknown' },
    ...{ protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' },
    path: query === undefined ? chatPath : `${chatPath}?${query}`,
    ...{ instance: 'ingress-1', wait: 'open', headers: {} },
    fingerprint: createHash('sha256').update(randomBytes(8)).digest('hex'),
    receivedAt,
    ...(conversation !== undefined && { conversation }),
    ...(connection !== undefined && { connection }),
  };
}

/** The bytes that the client sent. */
export const bodyOf = (text: string, { stream, body }: HoldOptions): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: 'demo',
      messages: [{ role: 'user', content: text }],
      ...(stream && { stream: true }),
      ...body,
    }),
  );

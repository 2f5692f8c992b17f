import { createHash, randomBytes } from 'node:crypto';
import { encodeEnvelope, requestCompleted, requestReceived, requestReleased } from '#contracts';
import { seededNumbers } from '#ledger';
import type { Bus } from '#messaging';
import type { SubjectNames } from '#sealing';

/** One event to publish. */
export interface BenchEvent {
  by: 'ingress' | 'policy' | 'masking';
  subject: string;
  messageId: string;
  payload: Uint8Array;
}

const people = 500;
const startMs = Date.now();

/** The three events of each of `requests` allowed requests, as the services publish them; 2 KB each on average. */
export async function eventsOfRequest(requests: number, names: SubjectNames): Promise<BenchEvent[]> {
  const random = seededNumbers(1);
  return Array.from({ length: requests }, (_, i) =>
    threeEvents(i, Math.floor(random() * people), names),
  ).flat();
}

function threeEvents(i: number, who: number, names: SubjectNames): BenchEvent[] {
  const at = startMs + i;
  const requestId = `req-${at.toString(16).padStart(12, '0')}7${i.toString(16).padStart(19, '0')}`;
  const principal = {
    ...{ kind: 'person', issuer: 'https://idp.example/realms/main', subject: `u-${who}`, name: 'A Person' },
    ...{ email: `person-${who}@example.com`, groups: ['contractors', 'staff'], client: 'console' },
  };
  const subjectKey = names.of(principal);
  const digest = createHash('sha256').update(requestId).digest('hex');
  const context = {
    ...{ principal, subjectKey, protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' },
    client: { family: 'node-sdk', userAgent: 'OpenAI/JS 6.30.1', address: '10.1.2.3' },
    ...{ path: '/v1/chat/completions', instance: 'ingress-1', wait: 'open', headers: {} },
    ...{ fingerprint: digest, receivedAt: at },
  };
  const body = { digest, bytes: 1024, location: { in: 'tail' } };
  const sealed = randomBytes(1052);
  const rules = { rules: ['demo-for-the-company'], revision: 'r1' };
  const received = { requestId, context, body };
  const released = {
    terms: {
      ...{ requestId, version: 1, gate: 'prompt', digest, connection: 'demo', upstreamModel: 'demo' },
      ...{ operation: 'chat.completions', notAfter: at + 900_000 },
      obligations: { maskAnswer: { name: 'standard', digest } },
    },
    signature: { algorithm: 'hmac-sha256', keyId: 'a'.repeat(16), value: 'b'.repeat(44) },
    ...{ body, subjectKey, protocol: 'openai-chat', method: 'POST', path: '/v1/chat/completions' },
    ...{ headers: {}, destination: 'ingress-1', stream: false, model: 'demo', ...rules },
    ...{ receivedAt: at, decidedAt: at + 1 },
  };
  const completed = {
    ...{ requestId, version: 1, outcome: 'answered', status: 200, tail: 'body', stream: false, frames: 0 },
    ...{ contentType: 'application/json', attempt: 0, edited: false, subjectKey, destination: 'ingress-1' },
    ...{ connection: 'demo', model: 'demo', ...rules, sentDigest: digest, answerDigest: digest },
    usage: { promptTokens: 200, completionTokens: 100 },
    findings: [{ entity: 'EMAIL', rule: 'email', where: 'answer', count: 1 }],
    timings: {
      receivedAt: at,
      decidedAt: at + 1,
      modelStartedAt: at + 2,
      firstByteAt: at + 9,
      completedAt: at + 10,
    },
  };
  return [
    {
      ...{ by: 'ingress', subject: requestReceived.subject(), messageId: `${requestId}:received` },
      payload: encodeEnvelope(received, sealed),
    },
    {
      ...{ by: 'policy', subject: requestReleased.subject('rule', 'demo') },
      messageId: `${requestId}:released:prompt:1`,
      payload: encodeEnvelope(released, sealed),
    },
    {
      ...{
        by: 'masking',
        subject: requestCompleted.subject('ingress-1'),
        messageId: `${requestId}:completed`,
      },
      payload: encodeEnvelope(completed, randomBytes(1252)),
    },
  ];
}

/** Publishes events in order, so that the log has them as a run would leave them. */
export async function publishAll(
  buses: Record<BenchEvent['by'], Bus>,
  events: readonly BenchEvent[],
): Promise<void> {
  for (let from = 0; from < events.length; from += 999) {
    for (const kind of ['ingress', 'policy', 'masking'] as const) {
      const chunk = events.slice(from, from + 999).filter(({ by }) => by === kind);
      await Promise.all(
        chunk.map(({ subject, payload, messageId }) => buses[kind].publish(subject, payload, { messageId })),
      );
    }
  }
}

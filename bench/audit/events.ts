import { createHash } from 'node:crypto';
import { encodeEnvelope, requestCompleted, requestReceived, requestReleased } from '#contracts';
import { seededNumbers } from '#ledger';
import type { Bus } from '#messaging';
import { contentLabel, type Sealer, type SubjectNames } from '#sealing';

/** One event to publish. */
export interface BenchEvent {
  by: 'ingress' | 'policy' | 'masking';
  subject: string;
  messageId: string;
  payload: Uint8Array;
}

const people = 500;
const startMs = Date.now();
const promptBytes = 1024;
const answerBytes = 1224;
/** Words of prompts and answers come from so many, the first ones more often. */
const vocabulary = Array.from(
  { length: 20_000 },
  (_, i) => `${i.toString(36)}${'abcdefghijklmnop'.slice(i % 9, (i % 9) + 5)}`,
);

/** Makes the three events of allowed requests as the services publish them; 2 KB each on average. */
export class EventSource {
  private readonly random = seededNumbers(1);
  private made = 0;

  constructor(
    private readonly sealer: Sealer,
    private readonly names: SubjectNames,
  ) {}

  /** The events of the next requests, in the order of the log. */
  async next(requests: number): Promise<BenchEvent[]> {
    const events: BenchEvent[] = [];
    for (let i = 0; i < requests; i += 1) events.push(...(await this.request()));
    return events;
  }

  /** The person that every five hundredth request or so is of. */
  personOf(who: number) {
    const subject = `u-${who}`;
    return {
      ...{ kind: 'person', issuer: 'https://idp.example/realms/main', subject, name: 'A Person' },
      ...{ email: `person-${who}@example.com`, groups: ['contractors', 'staff'], client: 'console' },
    };
  }

  private async request(): Promise<BenchEvent[]> {
    const i = this.made++;
    const at = startMs + i;
    const requestId = `req-${at.toString(16).padStart(12, '0')}7${i.toString(16).padStart(19, '0')}`;
    const principal = this.personOf(Math.floor(this.random() * people));
    const subjectKey = this.names.of(principal);
    const digest = createHash('sha256').update(requestId).digest('hex');
    const prompt = JSON.stringify({ messages: [{ role: 'user', content: this.words(promptBytes - 60) }] });
    const answer = JSON.stringify({ choices: [{ message: { content: this.words(answerBytes - 50) } }] });
    const [asked, said] = await Promise.all([
      this.seal(subjectKey, contentLabel(requestId, 'body:1'), prompt),
      this.seal(subjectKey, contentLabel(requestId, 'answer'), answer),
    ]);
    const about = { requestId, principal, subjectKey, digest, at };
    return [
      {
        ...{ by: 'ingress' as const, subject: requestReceived.subject(), messageId: `${requestId}:received` },
        payload: encodeEnvelope(receivedHead(about), asked),
      },
      {
        ...{ by: 'policy' as const, subject: requestReleased.subject('rule', 'demo') },
        messageId: `${requestId}:released:prompt:1`,
        payload: encodeEnvelope(releasedHead(about), asked),
      },
      {
        ...{ by: 'masking' as const, subject: requestCompleted.subject('ingress-1') },
        messageId: `${requestId}:completed`,
        payload: encodeEnvelope(completedHead(about), said),
      },
    ];
  }

  private words(bytes: number): string {
    let text = '';
    while (text.length < bytes) {
      text += `${vocabulary[Math.floor(this.random() ** 2 * vocabulary.length)]} `;
    }
    return text.slice(0, bytes);
  }

  private async seal(subjectKey: string, label: string, text: string): Promise<Uint8Array> {
    const clear = Buffer.from(text);
    return (
      this.sealer.sealNow(subjectKey, label, clear) ?? (await this.sealer.seal(subjectKey, label, clear))
    );
  }
}

interface About {
  requestId: string;
  principal: ReturnType<EventSource['personOf']>;
  subjectKey: string;
  digest: string;
  at: number;
}

const decided = { rules: ['demo-for-the-company'], revision: 'r1' };
const bodyOf = (digest: string) => ({ digest, bytes: promptBytes, location: { in: 'tail' } });

function receivedHead({ requestId, principal, subjectKey, digest, at }: About): object {
  const context = {
    ...{ principal, subjectKey, protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' },
    client: { family: 'node-sdk', userAgent: 'OpenAI/JS 6.30.1', address: '10.1.2.3' },
    ...{ path: '/v1/chat/completions', instance: 'ingress-1', wait: 'open', headers: {} },
    ...{ fingerprint: digest, receivedAt: at },
  };
  return { requestId, context, body: bodyOf(digest) };
}

function releasedHead({ requestId, subjectKey, digest, at }: About): object {
  return {
    terms: {
      ...{ requestId, version: 1, gate: 'prompt', digest, connection: 'demo', upstreamModel: 'demo' },
      ...{ operation: 'chat.completions', notAfter: at + 900_000 },
      obligations: { maskAnswer: { name: 'standard', digest } },
    },
    signature: { algorithm: 'hmac-sha256', keyId: 'a'.repeat(16), value: 'b'.repeat(44) },
    ...{ body: bodyOf(digest), subjectKey, protocol: 'openai-chat', method: 'POST' },
    ...{ path: '/v1/chat/completions', headers: {}, destination: 'ingress-1', stream: false, model: 'demo' },
    ...decided,
    ...{ receivedAt: at, decidedAt: at + 1 },
  };
}

function completedHead({ requestId, subjectKey, digest, at }: About): object {
  return {
    ...{ requestId, version: 1, outcome: 'answered', status: 200, tail: 'body', stream: false, frames: 0 },
    ...{ contentType: 'application/json', attempt: 0, edited: false, subjectKey, destination: 'ingress-1' },
    ...{ connection: 'demo', model: 'demo', ...decided, sentDigest: digest, answerDigest: digest },
    usage: { promptTokens: 200, completionTokens: 100 },
    findings: [{ entity: 'EMAIL', rule: 'email', where: 'answer', count: 1 }],
    timings: {
      ...{ receivedAt: at, decidedAt: at + 1, modelStartedAt: at + 2, firstByteAt: at + 9 },
      completedAt: at + 10,
    },
  };
}

const together = 999;

/** Publishes events in order, so that the log has them as a run would leave them. */
export async function publishAll(
  buses: Record<BenchEvent['by'], Bus>,
  events: readonly BenchEvent[],
): Promise<void> {
  for (let from = 0; from < events.length; from += together) {
    for (const kind of ['ingress', 'policy', 'masking'] as const) {
      const chunk = events.slice(from, from + together).filter(({ by }) => by === kind);
      await Promise.all(
        chunk.map(({ subject, payload, messageId }) => buses[kind].publish(subject, payload, { messageId })),
      );
    }
  }
}

import { createHash, randomBytes } from 'node:crypto';
import {
  decodeEnvelope,
  encodeEnvelope,
  type RequestContext,
  requestCompleted,
  requestReceived,
  requestReleased,
} from '#contracts';
import type { Bus } from '#messaging';
import { contentLabel, RuleReleaseKey, secretFiles } from '#sealing';
import { eventually } from '#testing';
import { chat } from './people.ts';
import type { Sealing } from './sealing.ts';
import type { Setting } from './setting.ts';

/** An event that a service is given after the erasure, with content that was sealed before it. */
export interface Probe {
  readonly service: 'policy' | 'masking';
  /** Publishes it; gives the code with which the request ended. */
  send(): Promise<string>;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A new request id: a UUIDv7 (RFC 9562, section 5.7) of now. */
function newRequestId(): string {
  const random = randomBytes(10);
  random[0] = ((random[0] as number) & 0x0f) | 0x70;
  random[2] = ((random[2] as number) & 0x3f) | 0x80;
  return `req-${Date.now().toString(16).padStart(12, '0')}${hex(random)}`;
}

/** The last ending of a request that stands in the log behind a sequence. */
async function endingOf(bus: Bus, requestId: string, from: number): Promise<string> {
  for (let sequence = from; ; ) {
    const message = await bus.readMessage({ sequence, subject: requestCompleted.filter() });
    if (message === null) throw new Error(`${requestId} has not ended`);
    sequence = message.sequence + 1;
    const head = requestCompleted.schema.parse(decodeEnvelope(message.payload).head);
    if (head.requestId === requestId) return head.code ?? head.outcome;
  }
}

/** What policy and masking would have to open; sealed now. */
export async function makeProbes(setting: Setting, { sealer, subjectKey }: Sealing): Promise<Probe[]> {
  const text = Buffer.from(JSON.stringify(chat('hello')));
  const digest = createHash('sha256').update(text).digest('hex');
  const body = { digest, bytes: text.length, location: { in: 'tail' } };
  const [ingress, policy] = await Promise.all([setting.bus('ingress'), setting.bus('policy')]);
  const about = { protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' };
  const path = '/v1/chat/completions';
  const probe = async (
    service: Probe['service'],
    publish: (requestId: string, sealed: Uint8Array) => Promise<{ sequence: number }>,
  ): Promise<Probe> => {
    const requestId = newRequestId();
    const sealed = await sealer.seal(subjectKey, contentLabel(requestId, 'body:1'), text);
    return {
      service,
      send: async () => {
        const { sequence } = await publish(requestId, sealed);
        return eventually(() => endingOf(ingress, requestId, sequence), { timeoutMs: 30_000, everyMs: 50 });
      },
    };
  };
  const key = new RuleReleaseKey(
    Buffer.from(await setting.secret('policy', secretFiles.ruleReleaseKey), 'hex'),
  );
  return [
    await probe('policy', (requestId, sealed) => {
      const principal = { kind: 'person', issuer: setting.issuer, subject: 'carol', groups: ['contractors'] };
      const context: RequestContext = requestReceived.schema.shape.context.parse({
        principal: { ...principal, name: 'Carol', client: 'sallyport-cli' },
        ...{
          subjectKey,
          ...about,
          path,
          client: { family: 'unknown', userAgent: 'check', address: '127.0.0.1' },
        },
        ...{
          instance: 'ingress-probe',
          wait: 'open',
          headers: {},
          fingerprint: digest,
          receivedAt: Date.now(),
        },
      });
      const head = requestReceived.schema.parse({ requestId, context, body });
      const messageId = `${requestId}:received`;
      return ingress.publish(requestReceived.subject(), encodeEnvelope(head, sealed), { messageId });
    }),
    await probe('masking', (requestId, sealed) => {
      const terms = requestReleased.schema.shape.terms.parse({
        ...{ requestId, version: 1, gate: 'prompt', digest, connection: 'demo', upstreamModel: 'demo' },
        ...{ operation: 'chat.completions', obligations: {}, notAfter: Date.now() + 900_000 },
      });
      const head = requestReleased.schema.parse({
        ...{
          terms,
          signature: key.sign(terms),
          body,
          subjectKey,
          protocol: 'openai-chat',
          method: 'POST',
          path,
        },
        ...{
          headers: {},
          destination: 'ingress-probe',
          stream: false,
          model: 'demo',
          rules: [],
          revision: 'r1',
        },
        ...{ receivedAt: Date.now(), decidedAt: Date.now() },
      });
      const messageId = `${requestId}:released:prompt:1`;
      const subject = requestReleased.subject('rule', 'demo');
      return policy.publish(subject, encodeEnvelope(head, sealed), { messageId });
    }),
  ];
}

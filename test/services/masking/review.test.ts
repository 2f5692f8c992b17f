import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ApprovalRequested,
  approvalRequested,
  decodeEnvelope,
  type Obligations,
  type RequestContext,
} from '#contracts';
import { contentLabel } from '#sealing';
import { eventually } from '#testing';
import { json, ModelServer, openStream } from '../model-server.ts';
import { answer, chat, said, streamed } from './chat.ts';
import { MaskingWorld } from './masking-world.ts';

let world: MaskingWorld;
let model: ModelServer;
let obligations: Obligations;
const email = 'jane.doe@example.com';

beforeAll(async () => {
  world = await MaskingWorld.open();
  model = await ModelServer.start();
  await world.activate({ local: { baseUrl: model.url } });
  await world.start();
  const maskAnswer = await world.profile({ packs: ['core'], defaults: { operator: { kind: 'replace' } } });
  const groups = [{ group: 'security', quorum: 1 }];
  const requirement = {
    ...{ mode: 'all' as const, groups, denyThreshold: 1, expiresInMs: 60_000, editNeedsOtherApprover: false },
  };
  obligations = { maskAnswer, review: { when: 'always', requirement } };
});

afterAll(async () => {
  await world.close();
  await model.stop();
});

const context: RequestContext = {
  principal: { kind: 'person', issuer: 'http://idp.test', subject: 'carol', groups: ['contractors'] },
  subjectKey: 'carol',
  client: { family: 'unknown' },
  protocol: 'openai-chat',
  operation: 'chat.completions',
  method: 'POST',
  path: '/v1/chat/completions',
  instance: 'ingress-1',
  wait: 'open',
  headers: {},
  fingerprint: 'f'.repeat(64),
  receivedAt: 1,
};

/** The `approval.requested` of a request, with its content opened. */
async function asked(requestId: string): Promise<{ head: ApprovalRequested; content: string }> {
  return eventually(async () => {
    for (let sequence = 1; ; ) {
      const query = { sequence, subject: approvalRequested.subject() };
      const message = await world.bus('ingress').readMessage(query);
      if (!message) throw new Error(`${requestId} is not reviewed`);
      const { head, tail } = decodeEnvelope(message.payload);
      const parsed = approvalRequested.schema.parse(head);
      if (parsed.requestId === requestId) {
        const label = contentLabel(requestId, `body:${parsed.version}`);
        const opened = await world.sealer.open(parsed.context.subjectKey, label, tail);
        return { head: parsed, content: opened.toString('utf8') };
      }
      sequence = message.sequence + 1;
    }
  });
}

const held = (stream: boolean, prompt: string) =>
  world.release({
    ...{ user: 'carol', stream, obligations, body: chat(prompt, stream), more: { context } },
  });

describe('an answer under review', () => {
  test('goes to people masked, and nothing of it to the client', async () => {
    model.answer = (_, response) => json(response, answer(`call ${email}`));
    const { requestId } = await held(false, 'review me');
    const { head, content } = await asked(requestId);
    expect(head).toMatchObject({ gate: 'response', version: 1, connection: 'local', stream: false });
    expect(head.answer).toMatchObject({ status: 200, stream: false, attempt: 1 });
    expect(head.body.digest).toBe(createHash('sha256').update(content).digest('hex'));
    expect(content).toContain('call <EMAIL_ADDRESS>');
    expect(content).not.toContain(email);
    expect(world.completed.get(requestId)).toBeUndefined();
  });

  test('that people redacted is masked again and completes without a call', async () => {
    model.answer = (_, response) => json(response, answer('the plan is secret'));
    const { requestId } = await held(false, 'redact me');
    const { head } = await asked(requestId);
    const redacted = answer(`the plan is [removed], ask ${email}`);
    const more = head.answer === undefined ? {} : { answer: head.answer };
    await world.release({
      ...{ requestId, by: 'people', gate: 'response', version: 2, user: 'carol', obligations },
      ...{ text: redacted, more },
    });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'answered', status: 200, destination: 'parked', tail: 'body' });
    expect(ending.timings.modelStartedAt).toBe(head.answer?.modelStartedAt);
    expect(await world.content(requestId)).toBe(redacted.replace(email, '<EMAIL_ADDRESS>'));
    expect(model.callsWith('redact me')).toHaveLength(1);
  });

  test('that streams shows the client no frame before people agree, then the whole transcript', async () => {
    const pieces = streamed(['first ', ...email, ' last']);
    model.answer = (_, response) => {
      openStream(response);
      for (const piece of pieces) response.write(piece);
      response.end();
    };
    const { requestId } = await held(true, 'stream me');
    const { head, content } = await asked(requestId);
    expect(said(content)).toBe('first <EMAIL_ADDRESS> last');
    expect(world.frames.get(requestId)).toBeUndefined();
    const more = head.answer === undefined ? {} : { answer: head.answer };
    await world.release({
      ...{ requestId, by: 'people', gate: 'response', user: 'carol', stream: true, obligations },
      ...{ text: content, more },
    });
    const ending = await world.ending(requestId);
    expect(ending).toMatchObject({ outcome: 'answered', stream: true, tail: 'transcript', frames: 0 });
    expect(said(await world.content(requestId))).toBe('first <EMAIL_ADDRESS> last');
    expect(model.callsWith('stream me')).toHaveLength(1);
  });

  test("keeps the prompt's pseudonyms that the model repeated, so that they can be restored", async () => {
    const pseudonymous = { packs: ['core' as const], defaults: { operator: { kind: 'pseudonym' as const } } };
    const profile = await world.profile(pseudonymous);
    const both = { ...obligations, maskRequest: profile, maskAnswer: profile };
    model.answer = ({ body }, response) =>
      json(response, answer(`wrote to ${/user-\w+@example\.com/.exec(String(body))?.[0]}`));
    const { requestId } = await world.release({
      ...{ user: 'carol', obligations: both, body: chat(`write to ${email}`, false), more: { context } },
    });
    const { head, content } = await asked(requestId);
    const more = head.answer === undefined ? {} : { answer: head.answer };
    await world.release({
      ...{ requestId, by: 'people', gate: 'response', user: 'carol', obligations: both },
      ...{ text: content, more },
    });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'answered' });
    expect(content).toMatch(/wrote to user-\w+@example\.com/);
    expect(await world.content(requestId)).toBe(content);
  });

  test('is never asked for where the release lacks what people need to see', async () => {
    const { requestId } = await world.release({ obligations, body: chat('no context') });
    expect(await world.ending(requestId)).toMatchObject({ outcome: 'failed', code: 'release.invalid' });
    expect(model.callsWith('no context')).toHaveLength(0);
  });
});

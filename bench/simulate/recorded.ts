import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEnvelope, type RequestContext, requestCompleted, requestReceived } from '#contracts';
import { contentLabel, readKeyEncryptionKey, Sealer, SubjectNames, secretFiles } from '#sealing';
import type { World } from '#testing';

const people = 500;
/** So many requests are published at once, so the last ones may be recorded in any order. */
export const inFlight = 256;
const prompts = [
  'Please write a haiku about the rain in the hills.',
  'My password for the router is lost; how do I reset it without calling anyone at night?',
  'Summarise this thread. '.padEnd(900, 'We met on Tuesday and talked about the budget of the new hall. '),
  'Pay with 4111 1111 1111 1111 today, and send the receipt to the office.',
  'function sum(values) { return values.reduce((a, b) => a + b, 0); } // why is this slow? '.repeat(6),
];

/** Publishes allowed requests as ingress and masking would: each received and answered, content sealed. */
export async function publishRequests(world: World, count: number): Promise<void> {
  const [ingress, masking] = [await world.bus('ingress'), await world.bus('masking')];
  const dir = world.secrets.dirOf('ingress');
  const sealer = new Sealer(ingress, await readKeyEncryptionKey(join(dir, secretFiles.keyEncryptionKey)));
  const names = new SubjectNames(
    Buffer.from(await readFile(join(dir, secretFiles.subjectNames), 'utf8'), 'hex'),
  );
  const startMs = Date.now() - count;
  const publish = async (nth: number): Promise<void> => {
    const at = startMs + nth;
    const requestId = `req-${at.toString(16).padStart(12, '0')}7${String(nth).padStart(19, '0')}`;
    const context = contextOf(world.idp.issuer, names, nth, at);
    const text = JSON.stringify({
      model: 'demo',
      messages: [{ role: 'user', content: `${prompts[nth % prompts.length]} ${nth}` }],
    });
    const digest = createHash('sha256').update(text).digest('hex');
    const body = { digest, bytes: Buffer.byteLength(text), location: { in: 'tail' } };
    const label = contentLabel(requestId, 'body:1');
    const sealed = await sealer.seal(context.subjectKey, label, Buffer.from(text));
    const received = encodeEnvelope({ requestId, context, body }, sealed);
    await ingress.publish(requestReceived.subject(), received, { messageId: `${requestId}:received` });
    const completed = encodeEnvelope({
      ...{ requestId, version: 1, outcome: 'answered', status: 200, tail: 'none', stream: false, frames: 0 },
      ...{ attempt: 1, edited: false, subjectKey: context.subjectKey, destination: 'ingress-1' },
      ...{ connection: 'demo', model: 'demo', rules: ['company'], revision: 'r1', findings: [] },
      timings: { receivedAt: at, completedAt: at + 5 },
    });
    await masking.publish(requestCompleted.subject('ingress-1'), completed, {
      messageId: `${requestId}:completed`,
    });
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await publish(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  sealer.close();
}

function contextOf(issuer: string, names: SubjectNames, nth: number, receivedAt: number): RequestContext {
  const subject = `u-${(nth * 7919) % people}`;
  const principal = {
    ...{ kind: 'person' as const, issuer, subject, email: `${subject}@example.com`, client: 'console' },
    groups: [nth % 2 === 0 ? 'contractors' : 'platform'],
  };
  return {
    ...{ principal, subjectKey: names.of(principal), client: { family: 'node-sdk' } },
    ...{ protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' },
    ...{ path: '/v1/chat/completions', instance: 'ingress-1', wait: 'open', headers: {} },
    ...{ claims: { level: nth % 7 }, fingerprint: createHash('sha256').update(`${nth}`).digest('hex') },
    receivedAt,
  };
}

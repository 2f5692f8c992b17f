import { expect, test } from '@jest/globals';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { Publisher, type PublishOptions } from './publisher.ts';

/** A connection that only says what was written to it, in order. */
function connection(): { nc: NatsConnection; written: string[] } {
  const written: string[] = [];
  const nc = {
    subscribe: () => ({}),
    isClosed: () => false,
    publish: (subject: string) => void written.push(subject),
  };
  return { nc: nc as unknown as NatsConnection, written };
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const turn = (): Promise<void> => new Promise(setImmediate);
const payload = Buffer.from('x');

function unanswered(publisher: Publisher, subject: string, options: PublishOptions): void {
  publisher.publish(subject, payload, options).catch(() => undefined);
}

test('what is urgent is written within the turn that publishes it, and takes along what waits to be written', async () => {
  const { nc, written } = connection();
  const publisher = new Publisher(nc, '_INBOX_test');
  publisher.send('first', payload);
  publisher.sendUnhurried('unhurried', payload);
  await turn();
  expect(written).toEqual(['first', 'unhurried']);
  publisher.sendUnhurried('waits', payload);
  unanswered(publisher, 'urgent', { isUrgent: true });
  unanswered(publisher, 'too', { isUrgent: true });
  await endOfTurn();
  expect(written.slice(2)).toEqual(['waits', 'urgent', 'too']);
});

test('what is not urgent waits until others can share its write', async () => {
  const { nc, written } = connection();
  const publisher = new Publisher(nc, '_INBOX_test');
  unanswered(publisher, 'one', {});
  unanswered(publisher, 'two', {});
  await endOfTurn();
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['one', 'two']);
});

test('an answer that is no acknowledgement refuses its publication, and is thrown into nobody', async () => {
  const written: string[] = [];
  let answer: (error: null, message: Msg) => void = () => undefined;
  const nc = {
    subscribe: (_: string, options: { callback: typeof answer }) => {
      answer = options.callback;
    },
    isClosed: () => false,
    publish: (_: string, __: Uint8Array, { reply }: { reply: string }) => written.push(reply),
  };
  const publisher = new Publisher(nc as unknown as NatsConnection, '_INBOX_test');
  const publishing = publisher.publish('subject', payload, { isUrgent: true });
  await endOfTurn();
  const data = Buffer.from('no JSON');
  const message = { subject: written[0], data, json: () => JSON.parse(data.toString()) };
  answer(null, message as unknown as Msg);
  await expect(publishing).rejects.toMatchObject({ reason: 'refused' });
});

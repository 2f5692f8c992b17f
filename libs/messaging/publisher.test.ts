import { expect, test } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { Publisher } from './publisher.ts';

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

test('what is urgent is written within the turn that publishes it, and takes along what waits to be written', async () => {
  const { nc, written } = connection();
  const publisher = new Publisher(nc, '_INBOX_test');
  publisher.send('first', payload);
  publisher.sendUnhurried('unhurried', payload);
  await turn();
  expect(written).toEqual(['first', 'unhurried']);
  publisher.sendUnhurried('waits', payload);
  void publisher.publish('urgent', payload, { isUrgent: true });
  void publisher.publish('too', payload, { isUrgent: true });
  await endOfTurn();
  expect(written.slice(2)).toEqual(['waits', 'urgent', 'too']);
});

test('what is not urgent waits until others can share its write', async () => {
  const { nc, written } = connection();
  const publisher = new Publisher(nc, '_INBOX_test');
  void publisher.publish('one', payload, {});
  void publisher.publish('two', payload, {});
  await endOfTurn();
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['one', 'two']);
});

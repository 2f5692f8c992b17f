import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeEnvelope, encodeEnvelope, requestCompleted, requestReceived } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { endingOfGivenUp } from '../../../services/policy/judging/given-up.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ postgres: false });
  await world.startService('policy');
}, 60_000);
afterAll(() => world.stop());

const requestId = `req-${'a'.repeat(32)}`;
/** Names its request, and breaks the contract everywhere else. */
const broken = {
  requestId,
  context: { subjectKey: 'k', instance: 'ingress-7', wait: 'open', receivedAt: 5 },
  body: 1,
};

test('a request whose event breaks its contract ends as failed where its client waits', async () => {
  const ingress = await world.bus('ingress');
  const ended: unknown[] = [];
  ingress.listen(requestCompleted.liveFilter('ingress-7'), ({ data }) =>
    ended.push(decodeEnvelope(data).head),
  );
  await ingress.publish(requestReceived.subject(), encodeEnvelope(broken));
  await eventually(() => expect(ended).toHaveLength(1));
  expect(requestCompleted.schema.parse(ended[0])).toMatchObject({
    requestId,
    outcome: 'failed',
    status: 500,
  });
});

test('an event that does not say which request it is ends nothing', () => {
  expect(endingOfGivenUp(Buffer.from('garbage'), 1)).toBeUndefined();
  expect(endingOfGivenUp(encodeEnvelope({ ...broken, requestId: 'x' }), 1)).toBeUndefined();
});

test('an edited request, or one asked for later, ends where it is parked', () => {
  expect(endingOfGivenUp(encodeEnvelope({ ...broken, version: 2 }), 1)?.destination).toBe('parked');
  const later = { ...broken, context: { ...broken.context, wait: 'async' } };
  expect(endingOfGivenUp(encodeEnvelope(later), 1)?.destination).toBe('parked');
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { json, ModelServer } from '../model-server.ts';
import { answer, chat } from './chat.ts';
import { MaskingWorld } from './masking-world.ts';

let world: MaskingWorld;
let first: ModelServer;
let second: ModelServer;

const servedBy = (name: string) => (_: unknown, response: Parameters<typeof json>[0]) =>
  json(response, answer(name));

beforeAll(async () => {
  world = await MaskingWorld.open();
  [first, second] = await Promise.all([ModelServer.start(), ModelServer.start()]);
  first.answer = servedBy('first');
  second.answer = servedBy('second');
  await world.activate({ one: { baseUrl: first.url } });
  await world.start('masking-1', { SALLYPORT_MASKING_RETIRE_AFTER_MS: '1500' });
});

afterAll(async () => {
  await world.close();
  await Promise.all([first.stop(), second.stop()]);
});

const ask = async (connection: string) => {
  const { requestId } = await world.release({ connection, body: chat(`ask ${connection}`) });
  return { ending: await world.ending(requestId), requestId };
};

describe('a new revision', () => {
  test('brings a new connection into service, with what was released for it before', async () => {
    const early = await world.release({ connection: 'two', body: chat('early') });
    await world.activate({ one: { baseUrl: first.url }, two: { baseUrl: second.url } });
    expect((await world.ending(early.requestId)).outcome).toBe('answered');
    expect(await world.content(early.requestId)).toBe(answer('second'));
  });

  test('moves a connection to another server', async () => {
    await world.activate({ one: { baseUrl: second.url, concurrency: 3 }, two: { baseUrl: second.url } });
    await eventually(async () => {
      const { requestId } = await ask('one');
      expect(await world.content(requestId)).toBe(answer('second'));
    });
  });

  test('ends what is still released on a connection that left, then removes its consumer', async () => {
    await world.activate({ one: { baseUrl: first.url } });
    await eventually(async () => {
      const { ending } = await ask('two');
      expect(ending).toMatchObject({ outcome: 'denied', code: 'policy.connection_disabled' });
    });
    await eventually(async () => expect(await world.logs()).toContain('consumer removed'));
    const calls = second.calls.length;
    await world.activate({ one: { baseUrl: first.url }, two: { baseUrl: second.url } });
    expect((await ask('two')).ending.outcome).toBe('answered');
    // The new consumer meets every earlier release again; none is run again.
    expect(second.calls.length).toBe(calls + 1);
  });
});

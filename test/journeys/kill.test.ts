import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceName } from '#contracts';
import { startWorld, type World } from '#testing';
import { killAt } from './kill-points.ts';
import { chat, clientOf, heldWith, vote } from './people.ts';

let world: World;
const services: ServiceName[] = ['policy', 'ingress', 'approval', 'masking', 'audit'];

beforeAll(async () => {
  world = await startWorld({ durable: true });
  await world.startServices(services);
}, 60_000);
afterAll(() => world.stop());

describe('kill -9 at another moment (all of them: npm run journey -- kill)', () => {
  test.each([
    ['approval', 'after the vote, before the release'],
    ['ingress', 'before completion'],
  ] as const)(
    'of %s, %s: one approval, one call of the model, and the client gets the answer',
    async (service, point) => {
      expect(await killAt(world, service, point)).toMatchObject({ ok: true, approvals: 1, modelCalls: 1 });
    },
    120_000,
  );
});

describe('kill -9 while a request is parked', () => {
  test.each(services.filter((name) => name !== 'ingress'))(
    'of %s: started again, the approved request completes with one call of the model',
    async (name) => {
      world.upstream.answer(`after ${name}`);
      const calls = world.upstream.calls();
      const answer = (await clientOf(world, 'carol')).chat.completions.create(
        chat(`password killed-${name}`),
      );
      const held = await heldWith(world, `killed-${name}`);
      await world.service(name).kill();
      await world.startService(name);
      expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
      expect((await answer).choices[0]?.message.content).toBe(`after ${name}`);
      expect(world.upstream.calls()).toBe(calls + 1);
    },
    60_000,
  );

  test("of ingress: the client's own re-send attaches and gets the answer", async () => {
    world.upstream.answer('after ingress');
    const calls = world.upstream.calls();
    const client = await clientOf(world, 'carol', { maxRetries: 10 });
    const answer = client.chat.completions.create(chat('password killed-ingress'));
    const held = await heldWith(world, 'killed-ingress');
    await world.service('ingress').kill();
    await world.startService('ingress');
    expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
    expect((await answer).choices[0]?.message.content).toBe('after ingress');
    expect(world.upstream.calls()).toBe(calls + 1);
  }, 60_000);

  test('of everything, broker and database included: approved after the start, a re-send gets the answer', async () => {
    world.upstream.answer('after everything');
    const calls = world.upstream.calls();
    const client = await clientOf(world, 'carol', { maxRetries: 0 });
    const lost = client.chat.completions.create(chat('password killed-all')).catch((error: unknown) => error);
    const held = await heldWith(world, 'killed-all');
    await Promise.all(services.map((name) => world.service(name).kill()));
    await Promise.all([world.stopNats('kill'), world.stopPostgres('kill')]);
    expect(await lost).toBeInstanceOf(Error);
    await Promise.all([world.startNatsAgain(), world.startPostgresAgain()]);
    await world.startServices(services);
    expect((await vote(world, 'alice', held, 'approve')).status).toBe(200);
    const again = await (await clientOf(world, 'carol')).chat.completions.create(chat('password killed-all'));
    expect(again.choices[0]?.message.content).toBe('after everything');
    expect(world.upstream.calls()).toBe(calls + 1);
  }, 90_000);
});

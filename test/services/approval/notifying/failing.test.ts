import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChannelList, type DeliveryList } from '#contracts';
import { freePort, type RunningProcess } from '#embedded';
import { eventually } from '#testing';
import { releasesOf } from '../approval-world.ts';
import {
  closeWorld,
  deliveryOf,
  hooks,
  letters,
  mail,
  newSecret,
  openWorld,
  resend,
  sallyport,
  settled,
  slow,
  told,
  typeOf,
  world,
} from './notify-world.ts';
import { verified } from './receivers.ts';

/** The world knows the replica started last only. */
let first: RunningProcess | undefined;

beforeAll(openWorld, 120_000);
afterAll(async () => {
  await first?.stop(5000);
  await closeWorld();
});

describe('where sending fails', () => {
  test('it is tried again with the same id after errors and silence, until it is taken', async () => {
    const answers = [500, 'silence', 429, 200] as const;
    const from = hooks.calls.filter(({ path }) => path === '/flaky').length;
    hooks.behave('/flaky', (_, count) => answers[count - from - 1] ?? 204);
    const seen = await world.hold('a password for a flaky receiver');
    await eventually(() => expect(hooks.of('/flaky', seen.id)).toHaveLength(4), slow);
    const calls = hooks.of('/flaky', seen.id);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const call of calls) expect(verified(call, newSecret)).toEqual(call.json);
    await eventually(
      async () =>
        expect(await deliveryOf(seen.id, 'flaky')).toMatchObject({ state: 'delivered', attempts: 4 }),
      slow,
    );
  });

  test('it ends after the last attempt, is shown on the approval and in metrics, and decides nothing', async () => {
    mail.refuseWith(451);
    const seen = await world.hold('a password nobody hears of');
    await eventually(
      async () =>
        expect(await deliveryOf(seen.id, 'email')).toMatchObject({
          ...{ state: 'failed', attempts: 4, lastError: 'smtp.451', audience: 'group:security' },
        }),
      slow,
    );
    mail.refuseWith(550);
    const refused = await world.hold('a password for an unknown address');
    await eventually(
      async () =>
        expect(await deliveryOf(refused.id, 'email')).toMatchObject({
          ...{ state: 'failed', attempts: 1, lastError: 'smtp.550' },
        }),
      slow,
    );
    mail.refuseWith(0);
    expect((await world.vote('alice', seen, 'approve')).status).toBe(200);
    const metrics = await (await fetch(`${world.urlOf('approval')}/metrics`)).text();
    expect(metrics).toMatch(
      /sallyport_notifications_total\{[^}]*channel="email",result="failed"[^}]*\} [1-9]/,
    );
    const again = await deliveryOf(refused.id, 'email');
    expect((await resend(again.id)).body).toMatchObject({ state: 'waiting', attempts: 0 });
    await eventually(() => expect(letters('security@groups.test', refused.id)).toHaveLength(1), slow);
    const [letter] = mail.of('security@groups.test', refused.id);
    expect(letter?.headers['message-id']).toEqual([`<${again.id}@gateway.test>`]);
  });

  test('addresses that are not public are refused at once and never called', async () => {
    const seen = await world.hold('a password for inner addresses');
    await settled(seen.id, 10);
    for (const channel of ['private', 'metadata']) {
      expect(await deliveryOf(seen.id, channel)).toMatchObject({
        ...{ state: 'failed', attempts: 1, lastError: 'address.not_public' },
      });
    }
    expect(hooks.calls.filter(({ path }) => path === '/private')).toEqual([]);
  });

  test('410 disables a webhook until somebody enables it; what it missed can be sent again', async () => {
    hooks.behave('/gone', () => 410);
    const first = await world.hold('a password for one that is gone');
    await eventually(
      async () =>
        expect(await deliveryOf(first.id, 'gone')).toMatchObject({ state: 'failed', lastError: 'http.410' }),
      slow,
    );
    hooks.behave('/gone', () => 204);
    const missed = await world.hold('a password that it misses');
    await eventually(
      async () =>
        expect(await deliveryOf(missed.id, 'gone')).toMatchObject({
          ...{ state: 'failed', attempts: 0, lastError: 'endpoint.disabled' },
        }),
      slow,
    );
    const channels = await world.call<ChannelList>('erin', 'GET', '/v1/notifications/channels');
    expect(channels.body.items.find(({ channel }) => channel === 'gone')).toMatchObject({
      state: 'disabled',
    });
    expect(JSON.stringify(channels.body)).not.toMatch(/127\.0\.0|@|whsec_/);
    const enabled = await world.call('erin', 'POST', '/v1/notifications/channels/gone/enable');
    expect([enabled.status, enabled.body]).toEqual([200, expect.objectContaining({ state: 'enabled' })]);
    const { id } = await deliveryOf(missed.id, 'gone');
    expect((await resend(id)).status).toBe(200);
    await eventually(() => expect(told('/gone', missed.id)).toHaveLength(1), slow);
    expect(hooks.of('/gone', missed.id)[0]?.headers['webhook-id']).toBe(id);
  });

  test('a receiver that does not answer delays no decision', async () => {
    hooks.behave('/stuck', () => 'silence');
    const seen = await world.hold('a password for a stuck receiver');
    await eventually(() => expect(hooks.open).toBeGreaterThan(0), slow);
    expect((await world.vote('alice', seen, 'approve')).body.state).toBe('approved');
    expect(told('/stuck', seen.id)).not.toContain('approval.decided');
    await eventually(async () => expect(await releasesOf(world, seen.id)).toHaveLength(1), slow);
    hooks.behave('/stuck', () => 204);
  });
});

describe('across crashes and replicas', () => {
  test('what was committed is told although approval was killed before, and while, it was sent', async () => {
    hooks.behave('/all', () => 'silence');
    const seen = await world.hold('a password before the crash');
    await eventually(() => expect(hooks.of('/all', seen.id)).not.toEqual([]), slow);
    await world.vote('alice', seen, 'reject', 'no');
    await world.service('approval').kill();
    hooks.behave('/all', () => 204);
    await world.startService('approval');
    await eventually(
      async () => expect(await deliveryOf(seen.id, 'all')).toMatchObject({ state: 'delivered' }),
      slow,
    );
    await eventually(
      async () => expect(await deliveryOf(seen.id, 'all', 'decided')).toMatchObject({ state: 'delivered' }),
      slow,
    );
    const waiting = hooks.of('/all', seen.id).filter((call) => typeOf(call) === 'approval.waiting');
    expect(new Set(waiting.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('two replicas send everything once', async () => {
    const port = await freePort();
    first = world.service('approval');
    const second: RunningProcess = await world.startService('approval', {
      ...{ SALLYPORT_APPROVAL_PORT: String(port), SALLYPORT_INSTANCE: 'approval-2' },
    });
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, n) => world.receive(`password number ${n}`)),
    );
    for (const id of ids) {
      await eventually(() => expect(hooks.of('/all', id)).not.toEqual([]), slow);
      await settled(id, 8);
    }
    for (const id of ids) {
      expect([told('/all', id), letters('security@groups.test', id).length]).toEqual([
        ['approval.waiting'],
        1,
      ]);
      // Nobody sends besides the one who counted the attempt.
      const { attempts } = await deliveryOf(id, 'all');
      expect(hooks.of('/all', id)).toHaveLength(attempts);
    }
    await second.stop();
  });
});

describe('over HTTP', () => {
  test('the command line shows channels and deliveries, and sends again', async () => {
    const seen = await world.hold('a password for the command line');
    const { id } = await eventually(() => deliveryOf(seen.id, 'all'), slow);
    const [channels, list, resent] = await Promise.all([
      sallyport('channels'),
      sallyport('list', '--approval', seen.id, '--channel', 'all'),
      sallyport('resend', id),
    ]);
    expect(channels).toMatch(/slack +slack +none +enabled/);
    expect(channels).toMatch(/email +email +none +enabled/);
    expect(list).toMatch(new RegExp(`^${id} +waiting +all +webhook`, 'm'));
    expect(resent).toBe('It waits to be sent.\n');
  }, 120_000);

  test('admins, operators and auditors look, admins and operators act, others do neither', async () => {
    const { body } = await world.call<DeliveryList>('erin', 'GET', '/v1/notifications?limit=2&channel=all');
    expect(body.items.map(({ channel }) => channel)).toEqual(['all', 'all']);
    const next = `/v1/notifications?limit=2&channel=all&cursor=${body.next}`;
    const older = (await world.call<DeliveryList>('erin', 'GET', next)).body.items;
    expect(older.every(({ id }) => id < (body.items[1]?.id ?? ''))).toBe(true);
    const id = body.items[0]?.id ?? '';
    for (const [method, path] of [
      ['GET', '/v1/notifications'],
      ['GET', '/v1/notifications/channels'],
      ['POST', '/v1/notifications/channels/all/enable'],
      ['POST', `/v1/notifications/${id}/resend`],
    ] as const) {
      expect([path, (await world.call('alice', method, path)).status]).toEqual([path, 403]);
      expect([path, (await world.call('erin', method, path)).status]).toEqual([path, 200]);
    }
    expect((await resend('msg_unknown')).status).toBe(404);
    expect((await world.call('erin', 'POST', '/v1/notifications/channels/unknown/enable')).status).toBe(404);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buckets,
  configKeys,
  type EventDefinition,
  events,
  requestReleased,
  type ServiceName,
  serviceNames,
} from '#contracts';
import { Bus } from './bus.ts';
import { RestrictedBroker } from './restricted-broker.test-kit.ts';
import { consumers, maskingConsumer } from './topology.ts';

let broker: RestrictedBroker;
beforeAll(async () => {
  broker = await RestrictedBroker.start();
});
afterAll(() => broker.stop());

/** Who may publish what, as docs/architecture.md has it: written down a second time, on purpose. */
const publishers: Record<string, readonly ServiceName[]> = {
  'evt.request.received.v1': ['ingress'],
  'evt.request.released.v1.rule.demo': ['policy'],
  'evt.request.released.v1.people.demo': ['approval'],
  'evt.approval.requested.v1': ['policy', 'masking', 'audit'],
  'evt.approval.edited.v1': ['approval'],
  'evt.approval.decided.v1.prompt': ['approval'],
  'evt.approval.decided.v1.change': ['approval'],
  'evt.live.request.completed.v1.ingress-1': ['policy', 'masking'],
  'evt.live.request.completed.v1.parked': ['policy', 'masking', 'approval'],
  'evt.live.request.cancelled.v1': ['ingress'],
  'evt.request.justified.v1': ['ingress'],
  'evt.request.nudged.v1': ['ingress'],
  'evt.request.attached.v1': ['ingress'],
  'evt.answer.restored.v1': ['ingress'],
  'evt.response.deleted.v1': ['ingress'],
  'evt.config.activated.v1': ['policy'],
  'evt.access.denied.v1': ['ingress', 'policy', 'approval', 'audit'],
  'evt.grant.used.v1': ['approval'],
  'evt.content.revealed.v1': ['approval', 'audit'],
  'evt.content.read.v1': ['approval', 'audit'],
  'evt.live.content.erased.v1': ['audit'],
  'evt.content.held.v1': ['audit'],
  'evt.content.dropped.v1': ['audit'],
  'evt.principal.frozen.v1': ['policy'],
  'evt.gateway-key.changed.v1': ['policy'],
};

test('the table of publishers names every event', () => {
  const definitions: readonly EventDefinition[] = events;
  for (const { prefix } of definitions)
    expect(Object.keys(publishers).some((subject) => subject.startsWith(prefix))).toBe(true);
});

describe.each(serviceNames)('%s', (service) => {
  test('publishes its own events and no others', async () => {
    const own = Object.keys(publishers).filter((subject) => publishers[subject]!.includes(service));
    expect(await broker.allowedOf(service, Object.keys(publishers))).toEqual(own);
    const odd = ['evt.x', 'evt.request.released.v1', 'evt.request.released.v1.people.a.b', 'evt.live.x'];
    expect(await broker.allowedOf(service, odd)).toEqual([]);
  });

  test('frames, dead letters and retries are published by those concerned only', async () => {
    const others = serviceNames.filter((name) => name !== service);
    expect(await broker.allowedOf(service, ['frame.ingress-1.r'])).toEqual(
      service === 'masking' ? ['frame.ingress-1.r'] : [],
    );
    expect(await broker.allowedOf(service, [...others.map((name) => `dead.${name}.letter.v1`)])).toEqual([]);
    const retries = others.map((name) => `dead.${name}.retry.v1`);
    expect(await broker.allowedOf(service, retries)).toEqual(service === 'audit' ? retries : []);
  });

  test('makes, changes and empties no stream', async () => {
    const verbs = [
      'CREATE',
      'UPDATE',
      'DELETE',
      'PURGE',
      'MSG.DELETE',
      'SNAPSHOT',
      'RESTORE',
      'LEADER.STEPDOWN',
    ];
    const streams = [
      'EVENTS',
      'FRAMES',
      'DEAD_LETTERS',
      'KV_config',
      'KV_keys',
      'KV_runs',
      'KV_vault',
      'OBJ_bodies',
    ];
    const all = verbs.flatMap((verb) => streams.map((name) => `$JS.API.STREAM.${verb}.${name}`));
    const erasing = ['KV_keys', 'KV_vault', 'OBJ_bodies'].map((name) => `$JS.API.STREAM.MSG.DELETE.${name}`);
    const audits = ['$JS.API.STREAM.PURGE.EVENTS', ...erasing];
    expect((await broker.allowedOf(service, all)).sort()).toEqual(service === 'audit' ? audits.sort() : []);
  });

  test('takes over, reads, acknowledges or deletes no consumer of another service', async () => {
    const foreign = Object.values(consumers).filter((name) => !name.startsWith(`${service}_`));
    if (service !== 'masking') foreign.push(maskingConsumer('demo') as never);
    const info = service === 'audit' ? [] : foreign.map((name) => `$JS.API.CONSUMER.INFO.EVENTS.${name}`);
    const all = foreign.flatMap((name) => [
      `$JS.API.CONSUMER.CREATE.EVENTS.${name}.evt.request.released.v1.*.*`,
      `$JS.API.CONSUMER.CREATE.EVENTS.${name}.evt.request.received.v1`,
      `$JS.API.CONSUMER.CREATE.EVENTS.${name}`,
      `$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.${name}`,
      `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${name}`,
      `$JS.API.CONSUMER.DELETE.EVENTS.${name}`,
      `$JS.API.CONSUMER.PAUSE.EVENTS.${name}`,
      `$JS.API.CONSUMER.LEADER.STEPDOWN.EVENTS.${name}`,
      `$JS.ACK.EVENTS.${name}.1.1.1.1.0`,
      `$JS.ACK._.hash.EVENTS.${name}.1.1.1.1.0.token`,
    ]);
    expect(await broker.allowedOf(service, [...all, ...info])).toEqual([]);
  });

  test('makes no consumer over everything', async () => {
    const all = [
      'EVENTS',
      'EVENTS.x',
      'EVENTS.x.evt.>',
      'EVENTS.x.evt.request.received.v1',
      'FRAMES',
      'DEAD_LETTERS',
    ];
    expect(
      await broker.allowedOf(
        service,
        all.map((rest) => `$JS.API.CONSUMER.CREATE.${rest}`),
      ),
    ).toEqual([]);
  });

  test('has no administration of the broker', async () => {
    const all = ['$JS.API.META.LEADER.STEPDOWN', '$JS.API.SERVER.REMOVE', '$JS.API.ACCOUNT.PURGE.x'];
    const system = ['$SYS.REQ.SERVER.PING', '$SYS.REQ.ACCOUNT.PING.CONNZ'];
    expect(await broker.allowedOf(service, [...all, ...system])).toEqual([]);
  });

  test('reads nothing directly, so no stored text comes back as a message', async () => {
    const streams = ['EVENTS', 'FRAMES', 'KV_held', 'KV_config', 'KV_vault'];
    const all = streams.flatMap((name) => [`$JS.API.DIRECT.GET.${name}`, `$JS.API.DIRECT.GET.${name}.x.y`]);
    expect(await broker.allowedOf(service, all)).toEqual([]);
  });

  test('writes its own buckets only', async () => {
    const owners: Record<string, readonly ServiceName[]> = {
      config: ['policy'],
      keys: ['ingress', 'policy', 'approval', 'audit'],
      held: ['ingress'],
      runs: ['approval', 'masking'],
      approved: ['approval'],
      limits: ['ingress'],
      vault: ['masking'],
    };
    expect(Object.keys(owners).sort()).toEqual(Object.keys(buckets).sort());
    const own = Object.keys(owners).filter((name) => owners[name]!.includes(service));
    const subject = (name: string) => `$KV.${name}.probe-${service}`;
    expect(await broker.allowedOf(service, Object.keys(owners).map(subject))).toEqual(own.map(subject));
  });

  test('listens to nothing but its own inbox and what is named', async () => {
    const foreign = serviceNames.filter((name) => name !== service).map((name) => `_INBOX_${name}.>`);
    const wide = [
      '>',
      '*',
      'evt.>',
      'evt.request.received.v1',
      'live.>',
      'frame.>',
      '$KV.>',
      '$JS.>',
      '$SYS.>',
      'dead.>',
    ];
    for (const subject of [...foreign, ...wide, '_INBOX.>', '_INBOX_topology.>'])
      expect({ subject, deaf: await broker.isDeaf(service, subject) }).toEqual({ subject, deaf: true });
    expect(await broker.isDeaf(service, `_INBOX_${service}.x`)).toBe(false);
    expect(await broker.isDeaf(service, 'live.content.erased.v1')).toBe(false);
    expect(await broker.isDeaf(service, 'live.frame.>')).toBe(service !== 'ingress');
  });
});

describe('nobody', () => {
  test('connects without a password, or with another service’s', async () => {
    const url = broker.url;
    await expect(Bus.connect({ url, user: 'policy', password: '' })).rejects.toThrow();
    await expect(Bus.connect({ url, user: 'policy', password: broker.passwords.ingress! })).rejects.toThrow();
    await expect(Bus.connect({ url, user: 'nobody', password: 'x' })).rejects.toThrow();
  });
});

describe('the data keys', () => {
  test.each(['ingress', 'policy', 'approval'] as const)(
    'are not overwritten, deleted or rolled up by %s',
    async (user) => {
      const keys = await broker.bus(user).bucket(buckets.keys);
      const name = `owned-by-${user}`;
      await keys.create(name, 'first');
      const subject = `$KV.keys.${name}`;
      await expect(broker.bus(user).publish(subject, Buffer.from('second'))).rejects.toThrow();
      for (const [header, value] of [
        ['KV-Operation', 'DEL'],
        ['KV-Operation', 'PURGE'],
        ['Nats-Rollup', 'sub'],
        ['Nats-Rollup', 'all'],
      ])
        await expect(
          broker.bus(user).publish(subject, Buffer.alloc(0), { headers: { [header!]: value! } }),
        ).rejects.toThrow();
      expect((await keys.get(name))?.string()).toBe('first');
    },
  );
});

describe('what is in force', () => {
  test.each(['policy', 'audit'] as const)('is not emptied by %s with one message', async (user) => {
    const config = await broker.bus('policy').bucket(buckets.config);
    await config.put(configKeys.active, 'in force');
    for (const value of ['all', 'sub']) {
      const headers = { 'Nats-Rollup': value };
      const rolledUp = broker
        .bus(user)
        .publish(`$KV.config.${configKeys.recorded}`, Buffer.alloc(0), { headers });
      await expect(rolledUp).rejects.toThrow();
    }
    expect((await config.get(configKeys.active))?.string()).toBe('in force');
  });
});

describe('masking’s right to make consumers', () => {
  const create = async (name: string, filter: string, config: object) => {
    const body = JSON.stringify({ stream_name: 'EVENTS', config: { ack_policy: 'explicit', ...config } });
    const reply = await broker
      .bus('masking')
      .nc.request(`$JS.API.CONSUMER.CREATE.EVENTS.${name}.${filter}`, body);
    return reply.json<{ error?: { description: string }; config?: object }>();
  };
  const filter = requestReleased.filter('*', 'demo');

  test('covers one connection’s releases', async () => {
    const name = maskingConsumer('demo');
    expect(await create(name, filter, { durable_name: name, filter_subject: filter })).toMatchObject({
      config: { filter_subject: filter },
    });
  });

  test.each([
    ['another filter in the body', { filter_subject: 'evt.>' }],
    ['several filters in the body', { filter_subjects: ['evt.>', filter] }],
    ['no filter in the body', {}],
    ['another name in the body', { filter_subject: filter, durable_name: consumers.policyReceived }],
  ])('does not cover %s', async (_, config) => {
    const answer = await create('mine', filter, { durable_name: 'mine', name: 'mine', ...config });
    expect(answer.error?.description ?? 'taken').not.toBe('taken');
  });
});

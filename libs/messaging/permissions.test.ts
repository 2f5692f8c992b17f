import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buckets,
  configKeys,
  type EventDefinition,
  encodeEnvelope,
  events,
  type ReleaseTerms,
  requestReleased,
  type ServiceName,
  serviceNames,
} from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { PeopleReleaseSigner, PeopleReleaseVerifier } from '#sealing';
import { eventually } from '#testing';
import { Bus, type StoredMessage } from './bus.ts';
import { parseEvent } from './consuming/consumer.ts';
import { PoisonError } from './consuming/settlement.ts';
import { natsAuthorization, natsUsers } from './permissions.ts';
import { applyTopology, consumers, maskingConsumer } from './topology.ts';

const passwords = Object.fromEntries(natsUsers.map((user) => [user, randomBytes(12).toString('hex')]));
let dir: string;
let server: NatsServer;
const buses = new Map<string, Bus>();
const violations = new Map<string, string[]>();
const bus = (user: string): Bus => buses.get(user)!;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-permissions-'));
  server = await startNats({ dir, port: 0, config: natsAuthorization(passwords) });
  await applyTopology({ url: server.url, user: 'topology', password: passwords.topology! });
  for (const user of serviceNames) {
    const opened = await Bus.connect({ url: server.url, user, password: passwords[user]! });
    buses.set(user, opened);
    violations.set(user, []);
    void listen(user, opened);
  }
});
afterAll(async () => {
  for (const each of buses.values()) await each.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function listen(user: string, opened: Bus): Promise<void> {
  for await (const status of opened.nc.status()) {
    if (status.type === 'error') violations.get(user)!.push(String(status.error));
  }
}

/** Publishes and says whether the server refused it: its error comes before the answer to a ping. */
async function isRefused(user: ServiceName, subject: string, body = '{}', reply?: string): Promise<boolean> {
  const seen = violations.get(user)!;
  const before = seen.length;
  bus(user).nc.publish(subject, body, reply === undefined ? {} : { reply });
  await bus(user).nc.flush();
  await new Promise(setImmediate);
  return seen.slice(before).some((text) => text.includes(subject));
}

async function isDeaf(user: ServiceName, subject: string): Promise<boolean> {
  const seen = violations.get(user)!;
  const before = seen.length;
  const subscription = bus(user).nc.subscribe(subject, { callback: () => undefined });
  await bus(user).nc.flush();
  await new Promise(setImmediate);
  if (!subscription.isClosed()) subscription.unsubscribe();
  return seen.slice(before).some((text) => text.includes(subject));
}

async function allowedOf(user: ServiceName, subjects: readonly string[]): Promise<string[]> {
  const allowed: string[] = [];
  for (const subject of subjects) if (!(await isRefused(user, subject))) allowed.push(subject);
  return allowed;
}

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
    expect(await allowedOf(service, Object.keys(publishers))).toEqual(own);
    const odd = ['evt.x', 'evt.request.released.v1', 'evt.request.released.v1.people.a.b', 'evt.live.x'];
    expect(await allowedOf(service, odd)).toEqual([]);
  });

  test('frames, dead letters and retries are published by those concerned only', async () => {
    const others = serviceNames.filter((name) => name !== service);
    expect(await allowedOf(service, ['frame.ingress-1.r'])).toEqual(
      service === 'masking' ? ['frame.ingress-1.r'] : [],
    );
    expect(await allowedOf(service, [...others.map((name) => `dead.${name}.letter.v1`)])).toEqual([]);
    const retries = others.map((name) => `dead.${name}.retry.v1`);
    expect(await allowedOf(service, retries)).toEqual(service === 'audit' ? retries : []);
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
    expect((await allowedOf(service, all)).sort()).toEqual(service === 'audit' ? audits.sort() : []);
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
    expect(await allowedOf(service, [...all, ...info])).toEqual([]);
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
      await allowedOf(
        service,
        all.map((rest) => `$JS.API.CONSUMER.CREATE.${rest}`),
      ),
    ).toEqual([]);
  });

  test('has no administration of the broker', async () => {
    const all = ['$JS.API.META.LEADER.STEPDOWN', '$JS.API.SERVER.REMOVE', '$JS.API.ACCOUNT.PURGE.x'];
    const system = ['$SYS.REQ.SERVER.PING', '$SYS.REQ.ACCOUNT.PING.CONNZ'];
    expect(await allowedOf(service, [...all, ...system])).toEqual([]);
  });

  test('reads nothing directly, so no stored text comes back as a message', async () => {
    const streams = ['EVENTS', 'FRAMES', 'KV_held', 'KV_config', 'KV_vault'];
    const all = streams.flatMap((name) => [`$JS.API.DIRECT.GET.${name}`, `$JS.API.DIRECT.GET.${name}.x.y`]);
    expect(await allowedOf(service, all)).toEqual([]);
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
    expect(await allowedOf(service, Object.keys(owners).map(subject))).toEqual(own.map(subject));
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
      expect({ subject, deaf: await isDeaf(service, subject) }).toEqual({ subject, deaf: true });
    expect(await isDeaf(service, `_INBOX_${service}.x`)).toBe(false);
    expect(await isDeaf(service, 'live.content.erased.v1')).toBe(false);
    expect(await isDeaf(service, 'live.frame.>')).toBe(service !== 'ingress');
  });
});

describe('nobody', () => {
  test('connects without a password, or with another service’s', async () => {
    const url = server.url;
    await expect(Bus.connect({ url, user: 'policy', password: '' })).rejects.toThrow();
    await expect(Bus.connect({ url, user: 'policy', password: passwords.ingress! })).rejects.toThrow();
    await expect(Bus.connect({ url, user: 'nobody', password: 'x' })).rejects.toThrow();
  });
});

describe('the data keys', () => {
  test.each(['ingress', 'policy', 'approval'] as const)(
    'are not overwritten, deleted or rolled up by %s',
    async (user) => {
      const keys = await bus(user).bucket(buckets.keys);
      const name = `owned-by-${user}`;
      await keys.create(name, 'first');
      const subject = `$KV.keys.${name}`;
      await expect(bus(user).publish(subject, Buffer.from('second'))).rejects.toThrow();
      for (const [header, value] of [
        ['KV-Operation', 'DEL'],
        ['KV-Operation', 'PURGE'],
        ['Nats-Rollup', 'sub'],
        ['Nats-Rollup', 'all'],
      ])
        await expect(
          bus(user).publish(subject, Buffer.alloc(0), { headers: { [header!]: value! } }),
        ).rejects.toThrow();
      expect((await keys.get(name))?.string()).toBe('first');
    },
  );
});

describe('what is in force', () => {
  test.each(['policy', 'audit'] as const)('is not emptied by %s with one message', async (user) => {
    const config = await bus('policy').bucket(buckets.config);
    await config.put(configKeys.active, 'in force');
    for (const value of ['all', 'sub']) {
      const headers = { 'Nats-Rollup': value };
      const rolledUp = bus(user).publish(`$KV.config.${configKeys.recorded}`, Buffer.alloc(0), { headers });
      await expect(rolledUp).rejects.toThrow();
    }
    expect((await config.get(configKeys.active))?.string()).toBe('in force');
  });
});

describe('masking’s right to make consumers', () => {
  const create = async (name: string, filter: string, config: object) => {
    const body = JSON.stringify({ stream_name: 'EVENTS', config: { ack_policy: 'explicit', ...config } });
    const reply = await bus('masking').nc.request(`$JS.API.CONSUMER.CREATE.EVENTS.${name}.${filter}`, body);
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

describe('the reply-subject trick', () => {
  const target = requestReleased.subject('people', 'demo');
  const terms: ReleaseTerms = {
    requestId: `req-${'0'.repeat(32)}`,
    version: 1,
    gate: 'prompt',
    digest: 'b'.repeat(64),
    connection: 'demo',
    upstreamModel: null,
    operation: 'chat',
    obligations: {},
    notAfter: 4_000_000_000_000,
  };
  const keyPair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return {
      signer: new PeopleReleaseSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      verifier: new PeopleReleaseVerifier(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    };
  };
  const approval = keyPair();

  /** A release that is right in every field but made by someone without approval's key. */
  const forged = () => encodeEnvelope(releaseHead(keyPair().signer));
  const releaseHead = (signer: PeopleReleaseSigner) => ({
    terms,
    signature: signer.sign(terms),
    body: { digest: terms.digest, bytes: 1, location: { in: 'tail' } },
    subjectKey: 'k',
    protocol: 'openai-chat',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {},
    destination: 'ingress-1',
    stream: false,
    model: null,
    rules: [],
    revision: '1',
    receivedAt: 1,
    decidedAt: 1,
  });

  const lastRelease = () => bus('audit').readMessage({ lastOf: target });

  /** What masking makes of a message on the release subject: it runs only what verifies. */
  function isRun(message: StoredMessage | null): boolean {
    if (message === null) return false;
    try {
      const { head } = parseEvent(requestReleased, message.payload);
      return approval.verifier.verify(head.terms, head.signature);
    } catch (error) {
      expect(error).toBeInstanceOf(PoisonError);
      return false;
    }
  }

  /** Waits until the broker has answered everything that was sent before. */
  const settled = (user: ServiceName) => bus(user).nc.request('$JS.API.INFO', '');

  test('with a direct read is refused: no stored text becomes a release', async () => {
    await bus('ingress').publish('$KV.held.trick', forged());
    const before = (await lastRelease())?.sequence;
    expect(await isRefused('ingress', '$JS.API.DIRECT.GET.KV_held.$KV.held.trick', '', target)).toBe(true);
    await settled('ingress');
    expect((await lastRelease())?.sequence).toBe(before);
  });

  test.each<[string, ServiceName, string, string]>([
    ['a read of the log', 'ingress', '$JS.API.STREAM.MSG.GET.EVENTS', '{"seq":1}'],
    ['a read of a bucket', 'ingress', '$JS.API.STREAM.MSG.GET.KV_held', '{"last_by_subj":"$KV.held.trick"}'],
    ['the acknowledgement of a publication', 'ingress', '$KV.held.other', 'x'],
    ['a stream’s description', 'audit', '$JS.API.STREAM.INFO.EVENTS', '{}'],
  ])('with %s leaves at most poison', async (_, user, subject, body) => {
    await isRefused(user, subject, body, target);
    await settled(user);
    expect(isRun(await lastRelease())).toBe(false);
  });

  test('with a consumer of one’s own bucket stores the text under its own subject, where no release is read', async () => {
    await bus('ingress').publish('$KV.held.trick', forged());
    const before = (await lastRelease())?.sequence;
    const config = { name: 'trick', filter_subject: '$KV.held.trick', ack_policy: 'none', mem_storage: true };
    const made = await bus('ingress').nc.request(
      '$JS.API.CONSUMER.CREATE.KV_held.trick.$KV.held.trick',
      JSON.stringify({ stream_name: 'KV_held', config }),
    );
    expect(made.json()).not.toHaveProperty('error');
    await isRefused('ingress', '$JS.API.CONSUMER.MSG.NEXT.KV_held.trick', '{"batch":1}', target);
    await eventually(async () =>
      expect(await bus('audit').readMessage({ lastOf: '$KV.held.trick' })).not.toBeNull(),
    );
    const after = await lastRelease();
    expect({ sequence: after?.sequence, run: isRun(after) }).toEqual({ sequence: before, run: false });
  });

  test('with a consumer that pushes to the release subject gives no release that verifies', async () => {
    const config = {
      name: 'pushed',
      filter_subject: '$KV.held.trick',
      deliver_subject: target,
      ack_policy: 'none',
    };
    await bus('ingress').nc.request(
      '$JS.API.CONSUMER.CREATE.KV_held.pushed.$KV.held.trick',
      JSON.stringify({ stream_name: 'KV_held', config: { ...config, mem_storage: true } }),
    );
    await settled('ingress');
    expect(isRun(await lastRelease())).toBe(false);
  });

  test('with one’s own consumer of the log stores again what is there, never something else', async () => {
    const genuine = encodeEnvelope({ ...releaseHead(approval.signer) });
    await bus('approval').publish(target, genuine);
    const first = (await lastRelease())!.sequence;
    await isRefused(
      'audit',
      `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${consumers.auditAll}`,
      '{"batch":1000}',
      'evt.any',
    );
    await eventually(async () => {
      const again = (await lastRelease())!;
      expect(again.sequence).toBeGreaterThan(first);
      expect(Buffer.from(again.payload).equals(genuine)).toBe(true);
    });
  });

  test('is the only way: what approval signs verifies', () => {
    expect(approval.verifier.verify(terms, approval.signer.sign(terms))).toBe(true);
  });
});

test('a message id that another service took does not swallow an event', async () => {
  const messageId = 'req-1:completed';
  const taken = await bus('ingress').publish('evt.live.request.cancelled.v1', Buffer.from('x'), {
    messageId,
  });
  const completed = await bus('masking').publish(
    'evt.live.request.completed.v1.ingress-1',
    Buffer.from('y'),
    {
      messageId,
    },
  );
  expect(completed.duplicate).toBe(false);
  expect(completed.sequence).toBeGreaterThan(taken.sequence);
});

test('of two completions of one request the first counts, wherever they go', async () => {
  const messageId = 'req-2:completed';
  const one = await bus('masking').publish('evt.live.request.completed.v1.ingress-1', Buffer.from('x'), {
    messageId,
  });
  const two = await bus('policy').publish('evt.live.request.completed.v1.parked', Buffer.from('y'), {
    messageId,
  });
  expect(two).toEqual({ ...one, duplicate: true });
});

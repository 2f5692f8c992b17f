import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buckets, encodeEnvelope, requestCancelled, serviceNames } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { eventually } from '#testing';
import { Bus } from './bus.ts';
import { EventConsumer, parseEvent } from './consuming/consumer.ts';
import { deadLetterHeaders, retrySubject } from './consuming/dead-letter.ts';
import { RetryConsumer } from './consuming/retry.ts';
import { PoisonError, Settlement } from './consuming/settlement.ts';
import { OutputLog } from './output-log.ts';
import { natsAuthorization, natsUsers } from './permissions.ts';
import { NotStoredError } from './publisher.ts';
import { applyTopology, consumers } from './topology.ts';
import { watchBucket } from './watch.ts';

const passwords = Object.fromEntries(natsUsers.map((user) => [user, `secret-${user}`]));
let dir: string;
let server: NatsServer;
const buses = new Map<string, Bus>();
const bus = (user: string): Bus => buses.get(user)!;

const cancelled = (n: number) => ({
  requestId: `req-${String(n).padStart(32, '0')}`,
  reason: 'requester' as const,
  at: 1,
});
const publishCancelled = (n: number) =>
  bus('ingress').publish(requestCancelled.subject(), encodeEnvelope(cancelled(n)));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-messaging-'));
  server = await startNats({ dir, port: 0, config: natsAuthorization(passwords) });
  await applyTopology({ url: server.url, user: 'topology', password: passwords.topology! });
  for (const user of serviceNames) {
    buses.set(user, await Bus.connect({ url: server.url, user, password: passwords[user]! }));
  }
});

afterAll(async () => {
  for (const each of buses.values()) await each.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('publisher', () => {
  test('resolves with the sequence and recognises a message id it had before', async () => {
    const payload = encodeEnvelope(cancelled(1));
    const first = await bus('ingress').publish(requestCancelled.subject(), payload, { messageId: 'm1' });
    const again = await bus('ingress').publish(requestCancelled.subject(), payload, { messageId: 'm1' });
    expect(first.duplicate).toBe(false);
    expect(again).toEqual({ ...first, duplicate: true });
  });

  test('rejects what no stream takes', async () => {
    const lost = bus('ingress').publish('_INBOX_ingress.nobody', Buffer.from('x'), { timeoutMs: 500 });
    await expect(lost).rejects.toBeInstanceOf(NotStoredError);
  });
});

describe('a durable consumer', () => {
  test('runs the handler once for each message, retries what failed and buries poison', async () => {
    const seen: string[] = [];
    const failed = new Set<string>();
    const dead: string[] = [];
    const settlement = new Settlement(bus('approval'), 'approval', {
      maxDeliveries: 3,
      backoffMs: [10],
      onDeadLetter: async (_, code) => void dead.push(code),
    });
    const consumer = new EventConsumer(bus('approval'), settlement, {
      stream: 'EVENTS',
      consumer: consumers.approvalCancelled,
      event: requestCancelled,
      slots: 10,
      ackWaitMs: 30_000,
      handle: async ({ head, deliveries }) => {
        if (head.requestId.endsWith('7') && deliveries === 1) {
          failed.add(head.requestId);
          throw new Error('transient');
        }
        if (head.requestId.endsWith('8')) throw new PoisonError('never');
        seen.push(head.requestId.slice(-2));
      },
    });
    for (let n = 20; n < 30; n++) await publishCancelled(n);
    await bus('ingress').publish(requestCancelled.subject(), Buffer.from('garbage'));
    await eventually(() => expect(dead).toHaveLength(2));
    await eventually(() => expect(seen.filter((id) => id > '19')).toHaveLength(9));
    await consumer.stop();
    expect(failed.size).toBe(1);
    expect(dead).toEqual(['poison', 'poison']);
    expect(new Set(seen).size).toBe(seen.length);
    const letter = await bus('audit').readMessage(
      { sequence: 1, subject: 'dead.approval.letter.v1' },
      'DEAD_LETTERS',
    );
    expect(letter?.headers.get('Sallyport-Code')).toBe('poison');
  });
});

describe('a dead letter', () => {
  test('runs again as a redelivery with its own subject and sequence, and is buried again where it fails', async () => {
    const settlement = new Settlement(bus('approval'), 'approval', { maxDeliveries: 2, backoffMs: [10] });
    const runs: { subject: string; sequence: number; deliveries: number; id: string }[] = [];
    const retries = new RetryConsumer(bus('approval'), settlement, {
      service: 'approval',
      targets: [
        {
          event: requestCancelled,
          handle: async ({ head, subject, sequence, deliveries }) => {
            const { requestId: id } = head as { requestId: string };
            runs.push({ subject, sequence, deliveries, id });
            if (id.endsWith('51')) throw new PoisonError('still not');
          },
        },
      ],
    });
    const retry = (n: number) =>
      bus('audit').publish(retrySubject('approval'), encodeEnvelope(cancelled(n)), {
        headers: {
          [deadLetterHeaders.subject]: requestCancelled.subject(),
          [deadLetterHeaders.sequence]: String(9000 + n),
        },
      });
    await retry(50);
    const { sequence } = await retry(51);
    await eventually(() => expect(runs).toHaveLength(2));
    const buried = await eventually(async () => {
      const subject = 'dead.approval.letter.v1';
      const letter = await bus('audit').readMessage({ sequence, subject }, 'DEAD_LETTERS');
      expect(letter).not.toBeNull();
      return letter!;
    });
    await retries.stop();
    const subject = requestCancelled.subject();
    expect(runs[0]).toEqual({ subject, sequence: 9050, deliveries: 2, id: cancelled(50).requestId });
    expect(buried.headers.get(deadLetterHeaders.subject)).toBe(subject);
    expect(buried.headers.get(deadLetterHeaders.sequence)).toBe('9051');
  });
});

describe('reading the log forward', () => {
  test("finds a service's own output after a sequence", async () => {
    const log = new OutputLog(
      bus('ingress'),
      requestCancelled.filter(),
      (head) => (head as { requestId: string }).requestId,
    );
    const { sequence } = await publishCancelled(40);
    expect(await log.find(cancelled(41).requestId, sequence)).toBeUndefined();
    const later = await publishCancelled(41);
    expect((await log.find(cancelled(41).requestId, sequence))?.sequence).toBe(later.sequence);
    expect(await log.find(cancelled(40).requestId, later.sequence)).toBeUndefined();
  });
});

describe('a bucket', () => {
  test('is followed from its present values on', async () => {
    const config = await bus('policy').bucket(buckets.config);
    await config.put('a', 'one');
    const changes: string[] = [];
    const stop = await watchBucket(bus('ingress'), buckets.config, ({ key, value }) =>
      changes.push(`${key}=${value && Buffer.from(value).toString()}`),
    );
    expect(changes).toEqual(['a=one']);
    await config.put('a', 'two');
    // A bucket keeps one value of a key: what is overwritten before it was heard of is not heard of.
    await eventually(() => expect(changes).toEqual(['a=one', 'a=two']));
    await config.delete('a');
    await eventually(() => expect(changes).toEqual(['a=one', 'a=two', 'a=null']));
    stop();
  });

  test('with a value that its reader throws over shows those behind it all the same', async () => {
    const runs = await bus('approval').bucket(buckets.runs);
    for (const text of ['one', 'no JSON', 'two']) await runs.put(`r.${text.replace(' ', '-')}`, text);
    const [heard, errors]: [string[], unknown[]] = [[], []];
    const stop = await watchBucket(
      bus('approval'),
      buckets.runs,
      ({ value }) => {
        const text = Buffer.from(value ?? []).toString();
        if (text === 'no JSON') throw new SyntaxError(text);
        heard.push(text);
      },
      { onError: (error) => errors.push(error) },
    );
    expect({ heard, errors: errors.length }).toEqual({ heard: ['one', 'two'], errors: 1 });
    await runs.put('r.one', 'three');
    await eventually(() => expect(heard).toEqual(['one', 'two', 'three']));
    expect(errors).toHaveLength(1);
    stop();
  });

  test('of keys refuses an overwrite', async () => {
    const keys = await bus('ingress').bucket(buckets.keys);
    await keys.create('k', 'first');
    await expect(keys.put('k', 'second')).rejects.toThrow();
    expect((await keys.get('k'))?.string()).toBe('first');
  });
});

describe('what the log keeps', () => {
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
});

describe('what is heard live', () => {
  test('goes on being heard after a message that its listener throws over', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const login = { url: server.url, user: 'masking', password: passwords.masking! };
    const listening = await Bus.connect({ ...login, onError });
    const heard: string[] = [];
    const stop = listening.listen(requestCancelled.liveFilter(), ({ data }) => {
      const { requestId } = parseEvent(requestCancelled, data).head;
      heard.push(requestId);
    });
    await listening.nc.flush();
    await bus('ingress').publish(requestCancelled.subject(), Buffer.from('no event'));
    await publishCancelled(7001);
    await eventually(() => expect(heard).toEqual([cancelled(7001).requestId]));
    expect(errors).toHaveLength(1);
    stop();
    await listening.close();
  });
});

// The last one: the others need the broker.
describe('a connection', () => {
  test('is closed for good also where the broker is away', async () => {
    await server.stop();
    const open = bus('audit');
    await eventually(() => expect(open.connected).toBe(false));
    await open.close();
    expect(open.nc.isClosed()).toBe(true);
  });
});

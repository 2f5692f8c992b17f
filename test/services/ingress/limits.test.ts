import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freePorts } from '#embedded';
import type { Bus } from '#messaging';
import { startProgram, startWorld, type World } from '#testing';
import { namedModel } from '../../../services/ingress/limiting/named-model.ts';
import { RateCounter } from '../../../services/ingress/limiting/rate-counter.ts';
import {
  add,
  current,
  emptyEntry,
  roomInMs,
  slotOf,
  usedIn,
} from '../../../services/ingress/limiting/rate-window.ts';

describe('the model that a body names', () => {
  test.each([
    ['{"model":"demo","messages":[]}', 'demo'],
    ['{"messages":[{"model":"inner"}],"model" : "demo"}', 'demo'],
    ['{"a":"model","b":"x","model":"demo"}', 'demo'],
    ['{"a":"\\"model\\":","m\\u006fdel":"d\\u0065mo"}', 'demo'],
    ['{"model":["demo"],"x":"y"}', null],
    ['{"model":5,"x":"y"}', null],
    ['{"messages":[]}', null],
    ['{"model":"dem', null],
    ['not json', null],
    ['', null],
  ])('of %s is %s', (body, model) => expect(namedModel(Buffer.from(body))).toBe(model));

  test('is the one that a parser finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (members, model) => {
        const body = { ...members, model };
        expect(namedModel(Buffer.from(JSON.stringify(body)))).toBe(model);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a window', () => {
  const rate = { count: 60, perMs: 60_000 };
  test('never counts less than what was granted in the last minute', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300_000), { maxLength: 50 }), fc.nat(300_000), (grants, nowMs) => {
        const times = grants.filter((at) => at <= nowMs).sort((a, b) => a - b);
        const entry = times.reduce((now, at) => add(current(now, rate, at), slotOf(rate, at), 1), emptyEntry);
        const used = usedIn(current(entry, rate, nowMs));
        expect(used).toBeGreaterThanOrEqual(times.filter((at) => at > nowMs - rate.perMs).length);
        expect(used).toBeLessThanOrEqual(times.filter((at) => at > nowMs - rate.perMs - 1000).length);
      }),
    );
  });

  test('says when it has room again', () => {
    const entry = add(emptyEntry, slotOf(rate, 5500), 60);
    const waitMs = roomInMs(entry, rate, 20_000);
    expect(usedIn(current(entry, rate, 20_000 + waitMs))).toBe(0);
    expect(usedIn(current(entry, rate, 20_000 + waitMs - 1))).toBe(60);
  });
});

describe('a rate, counted by four replicas', () => {
  let world: World;
  let buses: Bus[];
  beforeAll(async () => {
    world = await startWorld({
      postgres: false,
      config: ({ issuer, upstream }) =>
        JSON.stringify({
          version: 1,
          identity: { issuers: [{ issuer, audience: 'sallyport' }] },
          connections: { demo: { baseUrl: upstream, models: ['demo'] } },
          // An hour, so that no machine is slow enough for the window to pass.
          rules: [{ name: 'slowly', effect: 'allow', limits: [{ requests: '60/hour' }] }],
        }),
    });
    buses = await Promise.all([1, 2, 3, 4].map(() => world.bus('ingress')));
  }, 60_000);
  afterAll(() => world.stop());

  test('lets 60 ± 3 requests through the doors of four ingress processes, one of them killed', async () => {
    await world.startServices(['policy', 'masking']);
    const ports = await freePorts(4);
    const token = await world.tokenFor('carol');
    const open = (port: number, nth: number) =>
      startProgram({
        name: `ingress-${nth}`,
        program: 'services/ingress/main',
        env: {
          ...world.environment('ingress'),
          SALLYPORT_INGRESS_PORT: String(port),
          SALLYPORT_INSTANCE: `ingress-${nth}`,
        },
        logFile: join(world.dir, `ingress-${nth}.log`),
        readyUrl: `http://127.0.0.1:${port}/readyz`,
      });
    const doors = await Promise.all(ports.map(open));
    const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'hello' }] });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const statuses: number[] = [];
    const knock = async (at: readonly number[], times: number): Promise<void> => {
      const all = at.flatMap((port) => Array.from({ length: times }, () => port));
      await Promise.all(
        all.map(async (port) => {
          const url = `http://127.0.0.1:${port}/v1/chat/completions`;
          const answer = await fetch(url, { method: 'POST', headers, body });
          await answer.arrayBuffer();
          statuses.push(answer.status);
        }),
      );
    };
    try {
      for (let turn = 0; turn < 4; turn++) await knock(ports, 2);
      await doors[2]!.kill();
      doors[2] = await open(ports[2]!, 2);
      for (let turn = 0; turn < 4; turn++) await knock(ports, 5);
    } finally {
      await Promise.all(doors.map((door) => door.stop()));
    }
    const admittedOnes = statuses.filter((status) => status === 200).length;
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(admittedOnes).toBeGreaterThanOrEqual(57);
    expect(admittedOnes).toBeLessThanOrEqual(63);
  }, 240_000);

  const replicas = (key: string, rate: { count: number; perMs: number }, now?: () => number) =>
    buses.map((bus) => new RateCounter(bus, key, rate, now));
  const admitted = (answers: (number | undefined)[]) => answers.filter((one) => one === undefined).length;
  const ask = (counters: RateCounter[], times: number) =>
    Promise.all(counters.flatMap((counter) => Array.from({ length: times }, () => counter.take())));

  test('lets exactly so many through in a window, whoever asks first', async () => {
    const answers = await ask(replicas('exact', { count: 60, perMs: 60_000 }), 100);
    expect(admitted(answers)).toBe(60);
    for (const one of answers) if (one !== undefined) expect(one).toBeGreaterThan(55_000);
  });

  test('lets 60 ± 3 through in a window where replicas die with their leases', async () => {
    const rate = { count: 60, perMs: 60_000 };
    let count = 0;
    for (let life = 0; life < 6; life++) {
      const counters = replicas('deaths', rate);
      for (let turn = 0; turn < 4; turn++) count += admitted(await ask(counters, 1));
      // Here they are gone, without a word.
    }
    expect(count).toBeGreaterThanOrEqual(57);
    expect(count).toBeLessThanOrEqual(63);
  });

  test('keeps to large rates within 5 %, also where a replica dies with its lease', async () => {
    const rate = { count: 3000, perMs: 3_600_000 };
    const counters = replicas('large', rate);
    let count = 0;
    for (let turn = 0; turn < 20; turn++) {
      if (turn === 10) counters[2] = new RateCounter(buses[2]!, 'large', rate);
      count += admitted(await ask(counters, 50));
    }
    expect(count).toBeGreaterThanOrEqual(2850);
    expect(count).toBeLessThanOrEqual(3000);
  });

  test('has room again when the window has passed, and never more than that', async () => {
    let nowMs = 1_000_000_000;
    const counters = replicas('passing', { count: 30, perMs: 60_000 }, () => nowMs);
    expect(admitted(await ask(counters, 20))).toBe(30);
    nowMs += 30_000;
    expect(admitted(await ask(counters, 20))).toBe(0);
    nowMs += 31_001;
    expect(admitted(await ask(counters, 20))).toBe(30);
  });

  test('counts tokens after the fact, for all replicas', async () => {
    const [one, two] = replicas('tokens', { count: 1000, perMs: 86_400_000 }) as [RateCounter, RateCounter];
    await Promise.all([one.add(400), two.add(700)]);
    expect((await one.look(0)).used).toBe(1100);
    expect((await two.look(0)).used).toBe(1100);
  });

  test('gives back what a lease has left', async () => {
    const rate = { count: 1000, perMs: 60_000 };
    const [one, two] = replicas('back', rate) as [RateCounter, RateCounter];
    for (let i = 0; i < 12; i++) await one.take();
    await one.release(true);
    expect((await two.look(0)).used).toBe(12);
  });
});

import { createServer } from 'node:http';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Connection } from '#contracts';
import { freePort } from '#embedded';
import { eventually } from '#testing';
import { type Candidate, chooseServer } from '../../../../services/masking/upstream/choose.ts';
import { ask, type Listener, listen, upstreamOf } from './setting.ts';

describe('several targets', () => {
  const serve = async (name: string, listener?: Listener) => {
    const calls: string[] = [];
    const server = createServer((request, response) => {
      calls.push(request.url ?? '');
      if (listener) return listener(request, response);
      request.resume();
      response.end(name);
    });
    return { url: `http://${await listen(server)}`, calls, server };
  };

  test('take turns while they are idle; a busy one gets none', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isSlow = false;
    const slow = await serve('a', async (request, response) => {
      request.resume();
      if (isSlow) await held;
      response.end('a');
    });
    const quick = await serve('b');
    const upstream = upstreamOf({ baseUrl: slow.url, targets: [quick.url] });
    for (let n = 0; n < 4; n++) await ask(upstream);
    expect([slow.calls.length, quick.calls.length]).toEqual([2, 2]);
    isSlow = true;
    const hung = ask(upstream);
    await eventually(() => expect(slow.calls).toHaveLength(3));
    for (let n = 0; n < 5; n++) expect((await ask(upstream)).text).toBe('b');
    expect(slow.calls).toHaveLength(3);
    release();
    expect((await hung).text).toBe('a');
  });

  test('a call that never left goes to another one; nobody notices a dead target', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`;
    const live = await serve('live');
    const upstream = upstreamOf({ baseUrl: dead, targets: [live.url] });
    for (let n = 0; n < 12; n++) expect(await ask(upstream)).toMatchObject({ status: 200, text: 'live' });
    expect(live.calls).toHaveLength(12);
  });

  test('a call that a server may have seen is not made again', async () => {
    const cut = await serve('cut', (request) => {
      request.resume().on('end', () => request.socket.destroy());
    });
    const other = await serve('other');
    const upstream = upstreamOf({ baseUrl: cut.url, targets: [other.url] });
    const ends = [await ask(upstream), await ask(upstream)];
    expect(cut.calls).toHaveLength(1);
    expect(other.calls).toHaveLength(1);
    expect(ends.filter(({ status }) => status === 0)).toHaveLength(1);
  });

  test('an error answer is an answer: it is passed on, and not made again', async () => {
    const failing = await serve('x', (request, response) => {
      request.resume();
      response.writeHead(503).end('busy');
    });
    const upstream = upstreamOf({ baseUrl: failing.url });
    expect(await ask(upstream)).toMatchObject({ status: 503, text: 'busy' });
    expect(failing.calls).toHaveLength(1);
  });

  test('one that was broken comes back', async () => {
    const port = await freePort();
    const live = await serve('live');
    const upstream = upstreamOf({ baseUrl: `http://127.0.0.1:${port}`, targets: [live.url] });
    for (let n = 0; n < 12; n++) await ask(upstream);
    await listen(
      createServer((request, response) => {
        request.resume();
        response.end('back');
      }),
      port,
    );
    const later = Date.now() + 31_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    const texts = [];
    for (let n = 0; n < 4; n++) texts.push((await ask(upstream)).text);
    expect(texts).toContain('back');
  });

  test('all away: the connection says so', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const upstream = upstreamOf({
      baseUrl: `http://127.0.0.1:${one}`,
      targets: [`http://127.0.0.1:${other}`],
    });
    expect((await ask(upstream)).end).toMatchObject({ code: 'upstream.unavailable', sent: false });
  });

  test('one whose check fails gets no calls until it is well again', async () => {
    let isWell = false;
    const unwell = await serve('unwell', (request, response) => {
      request.resume();
      if (request.url === '/base/health' && !isWell) response.statusCode = 500;
      response.end('unwell');
    });
    const well = await serve('well');
    const health = { path: '/health', every: '20ms' };
    const upstream = upstreamOf({ baseUrl: `${unwell.url}/base`, targets: [`${well.url}/base`], health });
    const checks = () => unwell.calls.filter((path) => path === '/base/health').length;
    await eventually(() => expect(checks()).toBeGreaterThan(3));
    for (let n = 0; n < 6; n++) expect((await ask(upstream)).text).toBe('well');
    isWell = true;
    await eventually(async () => expect((await ask(upstream)).text).toBe('unwell'));
  });

  test('must share their path, so that a call means the same on each', () => {
    const parse = (targets: string[]) => Connection.safeParse({ baseUrl: 'http://a/x/', targets }).success;
    expect([
      parse(['http://b/x']),
      parse(['http://b/y']),
      parse(['http://b']),
      parse(['http://a/x/']),
    ]).toEqual([true, false, false, false]);
  });
});

test('the choice is the least busy that is well, whatever the turn', () => {
  const candidate = fc.record({ isWell: fc.boolean(), busy: fc.nat(5), mayRun: fc.boolean() });
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 8 }), fc.nat(1000), (given, turn) => {
      const servers: Candidate[] = given.map(({ isWell, busy, mayRun }) => ({
        ...{ isWell, busy },
        breaker: { isOpen: !mayRun, mayRun: () => mayRun },
      }));
      const chosen = chooseServer(servers, turn, 0);
      const able = servers.filter(({ breaker }) => breaker.mayRun(0));
      const pool = able.some(({ isWell }) => isWell) ? able.filter(({ isWell }) => isWell) : able;
      if (pool.length === 0) expect(chosen).toBeUndefined();
      else expect(chosen?.busy).toBe(Math.min(...pool.map(({ busy }) => busy)));
    }),
  );
});

test('times longer than a timer can run are long ones, not none at all', async () => {
  // Later than a timer that goes off at once.
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('ok'), 50);
  });
  const years = { connect: '9999d', firstByte: '9999d', idle: '9999d', total: '9999d' };
  const upstream = upstreamOf({ baseUrl: `http://${await listen(server)}`, timeouts: years });
  expect((await ask(upstream)).text).toBe('ok');
});

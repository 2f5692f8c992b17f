import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startWorld, type World } from '#testing';
import { BodyReader } from '../../../services/ingress/receiving/body-reader.ts';
import { chat } from '../../journeys/people.ts';

/** A body that comes as a test says. */
function arriving(length?: number): { request: IncomingMessage; stream: PassThrough } {
  const stream = new PassThrough();
  const headers = length === undefined ? {} : { 'content-length': String(length) };
  return { request: Object.assign(stream, { headers }) as unknown as IncomingMessage, stream };
}

describe('bodies that arrive', () => {
  test('come together from their pieces', async () => {
    const { request, stream } = arriving();
    const body = new BodyReader().read(request, 10);
    for (const piece of ['he', 'll', 'o']) stream.write(piece);
    stream.end();
    expect((await body).toString()).toBe('hello');
  });

  test('are refused as soon as they say, or turn out, to be too large', async () => {
    const reader = new BodyReader();
    await expect(reader.read(arriving(11).request, 10)).rejects.toMatchObject({ code: 'request.too_large' });
    const { request, stream } = arriving();
    const body = reader.read(request, 10);
    stream.write('01234567890');
    await expect(body).rejects.toMatchObject({ code: 'request.too_large' });
    expect(reader.size).toBe(0);
  });

  test('that are cut off are an error', async () => {
    const { request, stream } = arriving(10);
    const body = new BodyReader().read(request, 10);
    stream.write('123');
    stream.destroy();
    await expect(body).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('whose client left before anybody read them are an error, and arrive no longer', async () => {
    const reader = new BodyReader();
    const { request, stream } = arriving(10);
    stream.write('123');
    stream.destroy();
    await expect(reader.read(request, 10)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(reader.size).toBe(0);
  });

  test('together never hold more than their budget; what ended makes room', async () => {
    const reader = new BodyReader(10);
    const [first, second, third] = [arriving(), arriving(), arriving()];
    const one = reader.read(first.request, 8);
    const two = reader.read(second.request, 8);
    first.stream.write('1234567');
    second.stream.write('1234');
    await expect(two).rejects.toMatchObject({ code: 'service.overloaded' });
    first.stream.end();
    expect((await one).length).toBe(7);
    const three = reader.read(third.request, 8);
    third.stream.end('12345678');
    expect((await three).length).toBe(8);
    expect(reader.size).toBe(0);
  });
});

describe('on the wire', () => {
  let world: World;
  let token: string;
  const open: Socket[] = [];

  beforeAll(async () => {
    world = await startWorld({
      postgres: false,
      config: ({ issuer, upstream }) =>
        JSON.stringify({
          version: 1,
          identity: { issuers: [{ issuer, audience: 'sallyport' }] },
          connections: { demo: { baseUrl: upstream, models: ['demo'] } },
          rules: [{ name: 'everybody', effect: 'allow' }],
          ingress: { maxReceive: '2s' },
        }),
    });
    await world.startServices(['policy', 'ingress', 'masking']);
    token = await world.tokenFor('carol');
  }, 90_000);
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });
  afterAll(() => world.stop());

  /** Sends a beginning, then a byte now and then; resolves with all that came once the other side has closed. */
  function dribble(beginning: string, byte: string): Promise<string> {
    const socket = connect(world.ports.ingress, '127.0.0.1');
    open.push(socket);
    let text = '';
    const ticker = setInterval(() => socket.write(byte), 100);
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => undefined);
    socket.write(beginning);
    return new Promise((resolve) => {
      socket.on('close', () => {
        clearInterval(ticker);
        resolve(text);
      });
    });
  }

  const bearer = () => `authorization: Bearer ${token}\r\n`;
  const path = '/v1/chat/completions';
  const ask = () =>
    fetch(`${world.urlOf('ingress')}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(chat('hello')),
    });

  /** Sends bytes; resolves with all that came once as many answers are there. */
  function exchange(bytes: (string | Uint8Array)[], answers = 1): Promise<string> {
    const socket = connect(world.ports.ingress, '127.0.0.1');
    open.push(socket);
    let text = '';
    for (const part of bytes) socket.write(part);
    return new Promise((resolve) => {
      const look = (part = ''): void => {
        text += part;
        if ([...text.matchAll(/HTTP\/1\.1 [2-5]\d\d /g)].length >= answers && /\}\s*(0\s*)?$/.test(text)) {
          resolve(text);
        }
      };
      socket.setEncoding('utf8').on('data', look);
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
  }
  const hello = JSON.stringify(chat('hello'));
  const posted = (more = '', body: string | Uint8Array = hello, target = path) => [
    `POST ${target} HTTP/1.1\r\nhost: x\r\n${bearer()}${more}content-length: ${body.length}\r\n\r\n`,
    body,
  ];
  const codeOf = (text: string): string =>
    /"code":"([^"]+)"/.exec(text)?.[1] ?? text.slice('HTTP/1.1 '.length, 12);

  test('calls that are sent ahead are answered in their order', async () => {
    const text = await exchange([...posted(), ...posted('', '{bad'), ...posted()], 3);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual([
      '200',
      '400',
      '200',
    ]);
  });

  test.each([
    ['asks before it sends', () => posted('expect: 100-continue\r\n'), '100 Continue'],
    ['expects something else', () => posted('expect: tea\r\n'), '200'],
    ['closes afterwards', () => posted('connection: close\r\n'), '200'],
    ['names the server in the target', () => posted('', hello, `http://gateway.example${path}`), '200'],
    ['offers HTTP/2', () => posted('connection: Upgrade\r\nupgrade: h2c\r\n'), '200'],
    [
      'sends chunks of a byte',
      () => [
        `POST ${path} HTTP/1.1\r\nhost: x\r\n${bearer()}transfer-encoding: chunked\r\n\r\n`,
        ...[...hello].map((byte) => `1\r\n${byte}\r\n`),
        '0\r\nx-trailer: a\r\n\r\n',
      ],
      '200',
    ],
    ['says that nothing is packed', () => posted('content-encoding: identity\r\n'), '200'],
    [
      'packs its body',
      () => posted('content-encoding: gzip\r\n', gzipSync(hello)),
      'request.unsupported_media_type',
    ],
    [
      'packs it otherwise',
      () => posted('content-encoding: br\r\n', brotliCompressSync(hello)),
      'request.unsupported_media_type',
    ],
    [
      'sends a form',
      () => posted('content-type: multipart/form-data; boundary=x\r\n', '--x--'),
      'request.unsupported_media_type',
    ],
    ['has a long address', () => posted('', hello, `${path}?x=${'a'.repeat(2010)}`), '200'],
    [
      'has one that is too long',
      () => posted('', hello, `${path}?x=${'a'.repeat(2100)}`),
      'request.too_large',
    ],
    [
      'has one longer than any',
      () => posted('', hello, `${path}?x=${'a'.repeat(70_000)}`),
      'request.too_large',
    ],
    [
      'wants a WebSocket',
      () => [
        `GET /v1/realtime?model=demo HTTP/1.1\r\nhost: x\r\n${bearer()}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`,
      ],
      'route.not_found',
    ],
    ['forgets the version', () => posted('', hello, '/chat/completions'), 'route.not_found'],
    ['uploads a file', () => posted('', hello, '/v1/files'), 'route.not_found'],
  ])('a client that %s gets a clear answer', async (_, bytes, expected) => {
    const text = await exchange(bytes());
    expect(expected.startsWith('100') ? text.slice(9, 21) : codeOf(text)).toBe(expected);
    if (expected.startsWith('100')) expect(text).toMatch(/HTTP\/1\.1 200 /);
  });

  test.each([
    ['headers', () => `POST ${path} HTTP/1.1\r\nhost: x\r\nx-slow: `],
    ['a body', () => `POST ${path} HTTP/1.1\r\nhost: x\r\n${bearer()}content-length: 5000\r\n\r\n{"model":"`],
    [
      'chunks of a body',
      () => `POST ${path} HTTP/1.1\r\nhost: x\r\n${bearer()}transfer-encoding: chunked\r\n\r\n5000\r\n{"m`,
    ],
  ])('%s is told so and cut off; others are served meanwhile', async (_, beginning) => {
    const slow = Array.from({ length: 20 }, () => dribble(beginning(), 'a'));
    expect((await ask()).status).toBe(200);
    for (const text of await Promise.all(slow)) {
      expect(text).toMatch(/^HTTP\/1\.1 408 /);
      const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as { error: { code: string } };
      expect(error.code).toBe('request.timeout');
    }
    expect((await ask()).status).toBe(200);
  });

  test('without a valid token is refused before its body is waited for', async () => {
    const head = (more: string) => `POST ${path} HTTP/1.1\r\nhost: x\r\n${more}content-length: 5000\r\n\r\n{`;
    for (const more of ['', 'authorization: Bearer nonsense\r\n']) {
      const socket = connect(world.ports.ingress, '127.0.0.1');
      open.push(socket);
      socket.write(head(more));
      const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
      expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /);
    }
  });
});

import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestCompleted } from '#contracts';
import { eventually, startWorld, type World } from '#testing';
import { eventsOf } from '../journeys/journey-row.ts';
import { exchange, type Got } from './exchange.ts';
import { hostileBody, hostileHead, paths } from './hostile-requests.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

let world: World;
let upstream: ScriptedUpstream;
let token: string;

const policy = (issuer: string, url: string): string =>
  JSON.stringify({
    version: 1,
    identity: { issuers: [{ issuer, audience: 'sallyport' }] },
    connections: {
      demo: {
        ...{ baseUrl: url, models: ['demo'], unreadable: 'allow', concurrency: 64 },
        protocols: ['openai-chat', 'openai-completions', 'openai-responses', 'anthropic', 'ollama', 'http'],
      },
      tokens: { baseUrl: url, protocols: ['http'], http: { streamed: ['/token/text'], turns: 'inputs' } },
    },
    rules: [
      { name: 'everybody', effect: 'allow' },
      { name: 'tokens', effect: 'allow', match: { connections: ['tokens'] }, mask: { answer: 'standard' } },
    ],
    masking: { profiles: { standard: { packs: ['core'] } } },
    ingress: { maxBody: '30MiB' },
  });

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  world = await startWorld({ postgres: false, config: ({ issuer }) => policy(issuer, upstream.url) });
  await world.startServices(['policy', 'ingress', 'masking']);
  token = await world.idp.mint({ user: 'dave', expiresInSeconds: 3000 });
}, 90_000);
afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

const direct = (path: string, body: string | Uint8Array) => exchange(`${upstream.url}${path}`, body);
const through = (path: string, body: string | Uint8Array): Promise<Got> =>
  exchange(`${world.urlOf('ingress')}${path}`, body, { authorization: `Bearer ${token}` });

const chatPath = '/v1/chat/completions';
const ask = (rest: object = {}) =>
  JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'hi' }], ...rest });
const chunk = (content: string) =>
  JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] });
const finish = JSON.stringify({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const sse = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const cut = (text: string, size: number): Uint8Array[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
    bytes.subarray(k * size, (k + 1) * size),
  );
};

describe('where nothing is masked, an answer passes byte for byte', () => {
  const answer =
    '{\n\t"id" : "x",\r\n "choices":[ {"message":{"role":"assistant","content":"h\\u00e9\\/é 🙂"}}],';
  const streamText = `: upstream says hello\n\nevent: message\ndata: ${chunk('é🙂日本')}\n\nid: 7\ndata: ${chunk('')}\n\n`;

  test.each([
    [
      'with odd white space, unknown fields and numbers of its own',
      json,
      [`${answer} "x_custom":{"n":1.50,"e":1E5}}  \n`],
    ],
    [
      'in another charset spelling',
      { 'content-type': 'application/json; charset=UTF-8' },
      ['{"choices":[]}'],
    ],
    ['that is no JSON at all', { 'content-type': 'text/plain' }, ['just text \u0000\u0007\n']],
    ['of a megabyte', json, [`{"choices":[],"pad":"${'x'.repeat(1 << 20)}"}`]],
  ])('%s', async (_, headers, pieces) => {
    upstream.say({ headers, pieces });
    const [one, two] = [await direct(chatPath, ask()), await through(chatPath, ask())];
    expect(two.status).toBe(one.status);
    expect(two.type).toBe(one.type);
    expect(two.body.equals(one.body)).toBe(true);
  });

  test.each([
    ['with comments, names and ids', streamText, 4096],
    ['cut inside of characters', streamText, 1],
    ['with CRLF', streamText.replaceAll('\n', '\r\n'), 7],
    ['with data without a space', streamText.replaceAll('data: ', 'data:'), 3],
  ])('as a stream %s', async (_, text, size) => {
    const end = text.includes('\r\n')
      ? `data: ${finish}\r\n\r\ndata: [DONE]\r\n\r\n`
      : `data: ${finish}\n\ndata: [DONE]\n\n`;
    upstream.say({ headers: sse, pieces: cut(text + end, size) });
    const body = ask({ stream: true });
    const [one, two] = [await direct(chatPath, body), await through(chatPath, body)];
    expect(two.status).toBe(200);
    expect(two.body.toString('utf8')).toBe(one.body.toString('utf8'));
  });

  test.each([
    ['', false],
    [', also where the model server breaks off after them', true],
  ])('as a stream whose events come together%s', async (_, breaks) => {
    const events = Array.from({ length: 40 }, (_, n) => `id: ${n}\ndata: ${chunk(`é🙂 ${n}`)}\n\n`);
    upstream.say({ headers: sse, pieces: events, together: true, breaks });
    const got = await through(chatPath, ask({ stream: true }));
    expect(got.body.toString('utf8').slice(0, events.join('').length)).toBe(events.join(''));
    // They were read as one: otherwise the first of them had left alone.
    const requestId = got.headers['x-sallyport-request-id'] as string;
    const [completed] = await eventually(async () => {
      const found = await eventsOf(await world.bus('ingress'), requestCompleted, requestId);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(completed?.frames).toBe(1);
  });

  test.each([400, 401, 404, 429, 500, 503])('with status %p of the model server', async (status) => {
    upstream.say({
      status,
      headers: json,
      pieces: [`{"error": {"message":"upstream ${status}", "code" : null}}\n`],
    });
    const [one, two] = [await direct(chatPath, ask()), await through(chatPath, ask())];
    expect(two.status).toBe(status);
    expect(two.body.equals(one.body)).toBe(true);
    const streamed = await through(chatPath, ask({ stream: true }));
    expect(streamed.status).toBe(status);
    expect(streamed.body.equals(one.body)).toBe(true);
  });

  test('as far as it came, then an error event, where the model server breaks off mid-stream', async () => {
    const whole = `data: ${chunk('one')}\n\ndata: ${chunk('two')}\n\n`;
    upstream.say({ headers: sse, pieces: [whole, `data: {"id":"c","cho`], breaks: true });
    const { status, body } = await through(chatPath, ask({ stream: true }));
    const text = body.toString('utf8');
    expect(status).toBe(200);
    expect(text.startsWith(whole)).toBe(true);
    expect(text.slice(whole.length)).toMatch(/^data: \{"error":\{.*upstream\.interrupted.*\}\}\n\n$/);
  });

  test.each([
    [
      'Anthropic',
      '/v1/messages',
      { max_tokens: 9 },
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      sse,
    ],
    [
      'Ollama',
      '/api/chat',
      {},
      '{"model":"demo", "message":{"role":"assistant","content":"é"},"done":true}\n',
      { 'content-type': 'application/x-ndjson' },
    ],
  ])('in the words of %s', async (_, path, rest, text, headers) => {
    upstream.say({ headers, pieces: cut(text, 2) });
    const body = ask({ stream: true, ...rest });
    const [one, two] = [await direct(path, body), await through(path, body)];
    expect([two.status, two.body.toString('utf8')]).toEqual([200, one.body.toString('utf8')]);
  });
});

describe('a model server with a protocol of its own', () => {
  const stream = (...texts: string[]) => texts.map((text) => `data:{"token":{"text":"${text}"}}\n\n`);

  test('is reached by its connection, and its answers pass byte for byte where nothing is masked', async () => {
    upstream.say({ headers: json, pieces: ['{ "generated_text":"x" , "n":1.0}'] });
    const [one, two] = [
      await direct('/generate', '{"inputs":"hi"}'),
      await through('/c/demo/generate', '{"inputs":"hi"}'),
    ];
    expect([two.status, two.body.toString('utf8')]).toEqual([200, one.body.toString('utf8')]);
  });

  test('has its streams masked where its connection says that texts are', async () => {
    upstream.say({ headers: sse, pieces: stream('ask jane.doe@exam', 'ple.com', ' today') });
    const { status, body } = await through('/c/tokens/generate', '{"inputs":"whom?","stream":true}');
    expect(status).toBe(200);
    const text = [...body.toString('utf8').matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join('');
    expect(text).toMatch(/^ask (?!jane)\S+ today$/);
    expect(body.toString('utf8')).not.toContain('jane.doe');
  });
});

test('20 MB of media reach the model server as they were sent', async () => {
  const url = `data:image/png;base64,${Buffer.alloc(15 << 20, 'image').toString('base64')}`;
  const content = [{ type: 'image_url', image_url: { url } }];
  const body = ` ${JSON.stringify({ messages: [{ content, role: 'user' }], x_custom: [1.0], model: 'demo' })}\n`;
  upstream.say({ headers: json, pieces: ['{"choices":[]}'] });
  expect((await through(chatPath, body)).status).toBe(200);
  expect(upstream.lastDigest()).toBe(createHash('sha256').update(body).digest('hex'));
});

const runs = process.env.LONG === '1' ? 100_000 : 2000;
const seed = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) };

describe('whatever is sent', () => {
  /** Sends bytes as they are; gives everything that comes back. */
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(world.ports.ingress, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
        socket.end();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
      socket.end(bytes, 'latin1');
    });

  const isErrorOf = (path: string, text: string): boolean => {
    const { type, error } = JSON.parse(text) as { type?: string; error?: { code?: string } | string };
    if (path.startsWith('/api/')) return typeof error === 'string';
    if (path === '/v1/messages') return type === 'error' && typeof error === 'object';
    return typeof error === 'object' && typeof error.code === 'string';
  };

  test('is answered with a clear error in the shape of its client, or as a model would, and nothing crashes', async () => {
    upstream.say({ headers: json, pieces: ['{"choices":[]}'] });
    const pid = world.service('ingress').pid;
    const one = fc.record({ path: fc.constantFrom(...paths), body: hostileBody });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 10, maxLength: 10 }), async (cases) => {
        await Promise.all(
          cases.map(async ({ path, body }) => {
            const got = await through(path, body);
            if (got.status >= 500)
              throw new Error(`${path} ${body.toString('utf8')}: ${got.body.toString('utf8')}`);
            if (got.status >= 400) expect(isErrorOf(path, got.body.toString('utf8'))).toBe(true);
          }),
        );
      }),
      { numRuns: runs / 20, endOnFailure: true, ...seed },
    );
    expect(world.service('ingress').pid).toBe(pid);
  }, 600_000);

  test('on the wire itself is refused or cut off, and never reaches a model', async () => {
    const before = upstream.calls();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...paths), hostileHead), { minLength: 10, maxLength: 10 }),
        async (cases) => {
          const answers = await Promise.all(cases.map(([path, text]) => raw(text.replace('{path}', path))));
          for (const answer of answers) expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d /);
        },
      ),
      { numRuns: runs / 20, endOnFailure: true, ...seed },
    );
    expect(upstream.calls()).toBe(before);
  }, 600_000);

  test('slowly by many holds up nobody else', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(world.ports.ingress, '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mo');
    }
    expect((await through(chatPath, ask())).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('a body over the limit is refused in the shape of its client', async () => {
    const big = Buffer.alloc(31 << 20, ' ');
    for (const path of ['/v1/messages', '/api/chat', '/v1/responses']) {
      const { status, body } = await through(path, big).catch(() => ({ status: 413, body: undefined }));
      expect(status).toBe(413);
      if (body) expect(isErrorOf(path, body.toString('utf8'))).toBe(true);
    }
  });
});

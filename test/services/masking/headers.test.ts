import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Connection } from '#contracts';
import { AnswerReader } from '../../../services/masking/asking/answer-reader.ts';
import { UpstreamCall } from '../../../services/masking/upstream/call.ts';
import { Credentials, coverHeaders } from '../../../services/masking/upstream/credentials.ts';
import { answerHeaders, requestHeaders } from '../../../services/masking/upstream/target.ts';
import { Upstream } from '../../../services/masking/upstream/upstream.ts';

const passed = [
  ...['accept', 'accept-language', 'content-type', 'openai-beta', 'anthropic-version'],
  ...['anthropic-beta', 'traceparent', 'tracestate'],
];
const telling = [
  ...['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie'],
  ...['x-forwarded-for', 'x-real-ip', 'forwarded', 'via', 'host', 'connection', 'transfer-encoding'],
  ...['content-length', 'accept-encoding', 'x-sallyport-conversation', 'idempotency-key', 'prefer', 'expect'],
  ...[
    'x-stainless-lang',
    'user-agent',
    'origin',
    'referer',
    'x-amz-security-token',
    'dpop',
    'openai-organization',
  ],
];
const runs = { numRuns: process.env.LONG === '1' ? 50_000 : 500 };

/** The same name in any mix of cases. */
const inAnyCase = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((letter, n) => (upper[n] ? letter.toUpperCase() : letter)).join(''));
const headerName = fc.oneof(
  fc.constantFrom(...passed, ...telling).chain(inAnyCase),
  fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/),
);

describe('what a model server hears from a caller', () => {
  test('is what the allow-list says, whatever else they send, in any case', () => {
    fc.assert(
      fc.property(fc.dictionary(headerName, fc.constantFrom('theirs-1', 'theirs-2')), (given) => {
        const sent = requestHeaders(given, ['authorization', 'Bearer ours']);
        for (const [name, value] of Object.entries(sent)) {
          if (passed.includes(name)) continue;
          expect([name, value]).toEqual(
            name === 'authorization' ? [name, 'Bearer ours'] : ['accept-encoding', 'identity'],
          );
        }
      }),
      runs,
    );
  });

  test("is never their value of the header that carries the gateway's own credential", () => {
    for (const name of ['X-Api-Key', 'accept', 'Content-Type']) {
      const sent = requestHeaders({ [name.toUpperCase()]: 'theirs' }, [name, 'ours']);
      expect(sent[name.toLowerCase()]).toBe('ours');
      expect(JSON.stringify(sent)).not.toContain('theirs');
    }
  });
});

describe('what a caller hears from a model server', () => {
  test('is what the allow-list says: never cookies, addresses, software or challenges', () => {
    const allowed =
      /^(?:retry-after(?:-ms)?|x-ratelimit-.+|anthropic-ratelimit-.+|openai-(?:processing-ms|version))$/;
    const name = fc.oneof(
      fc.constantFrom(
        'set-cookie',
        'www-authenticate',
        'server',
        'location',
        'x-powered-by',
        'link',
        'refresh',
      ),
      fc.constantFrom('retry-after', 'x-ratelimit-limit-requests', 'openai-version'),
      fc.stringMatching(/^[a-z0-9-]{1,20}$/),
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ maxLength: 300 })), (given) => {
        for (const [key, value] of Object.entries(answerHeaders(given) ?? {})) {
          expect(key).toMatch(allowed);
          expect(value.length).toBeLessThanOrEqual(256);
        }
      }),
      runs,
    );
  });
});

describe('the credential of a connection', () => {
  let dir: string;
  let server: Server;
  let url: string;
  let status = 200;
  const secret = 'sk-up"stream\\-4711-credential';
  const file = '$' + '{file:key}';

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sallyport-headers-'));
    await writeFile(join(dir, 'key'), secret);
    // Repeats everything that it was sent, wherever it can.
    server = createServer((request, response) => {
      const { authorization = '', 'x-key': key = '' } = request.headers;
      const given = authorization || String(key);
      const type = 'application/json';
      response.writeHead(status, { 'content-type': type, 'openai-version': given, 'x-ratelimit-who': given });
      response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${given}` } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true });
  });

  const kinds = [
    { kind: 'bearer', secret: file },
    { kind: 'header', name: 'X-Key', secret: file },
    { kind: 'basic', username: 'gateway', secret: file },
  ];
  const cases = kinds.flatMap((credential) =>
    [200, 401, 403, 429, 500].map((code) => ({ credential, code })),
  );

  test.each(cases)(
    'as $credential.kind never comes back with status $code, in body or headers',
    async ({ credential, code }) => {
      status = code;
      const credentials = new Credentials(dir, () => undefined);
      const upstream = new Upstream(
        'local',
        Connection.parse({ baseUrl: url, credential }),
        1e6,
        credentials,
      );
      const opened = await credentials.open(upstream.connection.credential, Date.now());
      const reader = new AnswerReader({
        ...{ openRelay: () => undefined, relayed: () => undefined, onOver: () => undefined },
        secrets: opened.secrets,
      });
      const request = {
        method: 'POST',
        path: '/v1/x',
        headers: requestHeaders({}, opened.header),
        body: null,
      };
      await upstream.run(new UpstreamCall(), { ...request, ...upstream.timeouts }, reader);
      expect(reader.status).toBe(code);
      const heard = JSON.stringify(answerHeaders(reader.headers)) + reader.collected.toString();
      expect(heard).toContain('[credential]');
      const pair = Buffer.from(`gateway:${secret}`).toString('base64');
      for (const text of [secret, JSON.stringify(secret).slice(1, -1), '4711', pair])
        expect(heard).not.toContain(text);
      await upstream.close();
    },
  );

  test('that is nowhere in the headers costs no copy of them', () => {
    const headers = { 'content-type': 'text/plain', 'set-cookie': ['a'] };
    expect(coverHeaders(headers, [Buffer.from(secret)])).toBe(headers);
  });
});

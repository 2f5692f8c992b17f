import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunEntry } from '#contracts';
import { type OpenMask, protocolOf } from '#protocols';
import { transcriptOf } from '../../../services/masking/asking/frames.ts';
import { MaskedRelay, PlainRelay } from '../../../services/masking/asking/relay.ts';
import { findUsage } from '../../../services/masking/asking/usage.ts';
import { claimLeaseMs, decideClaim } from '../../../services/masking/running/claim.ts';
import { Breaker } from '../../../services/masking/upstream/breaker.ts';
import { Credentials, coverSecrets } from '../../../services/masking/upstream/credentials.ts';
import { answerHeaders, requestHeaders, targetPath } from '../../../services/masking/upstream/target.ts';
import { answer, streamed } from './chat.ts';

describe('the path on the model server', () => {
  test.each([
    ['http://m', '/v1/chat/completions', '/v1/chat/completions'],
    ['http://m/v1', '/v1/chat/completions?a=b', '/v1/chat/completions?a=b'],
    ['http://m/gpu/7/', '/v1/models', '/gpu/7/v1/models'],
    ['http://m/api/v1', '/v1', '/api/v1'],
  ])('below %s of %s is %s', (base, path, expected) => {
    expect(targetPath(base, path)).toBe(expected);
  });

  test.each([
    '/v1/../admin',
    '/v1/%2e%2E/admin',
    '//other.host/x',
    '/a\\b',
    'v1/x',
    '/v1/x\r\nHost: y',
    '/v1/.',
  ])('is refused for %j', (path) => expect(targetPath('http://m/base', path)).toBeUndefined());
});

describe('headers', () => {
  test("never carry a caller's credential, cookie or address to the model", () => {
    const given = { Authorization: 'a', Cookie: 'b', 'X-Forwarded-For': 'c', Host: 'd', 'api-key': 'e' };
    const sent = requestHeaders({ ...given, 'Content-Type': 'application/json' }, ['X-Key', 'own']);
    expect(sent).toEqual({
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'x-key': 'own',
    });
  });

  test('of an answer come from an allow-list', () => {
    const given = {
      server: 'x',
      'set-cookie': ['a=b'],
      'x-ratelimit-remaining-tokens': '5',
      'retry-after': '1',
    };
    expect(answerHeaders(given)).toEqual({ 'x-ratelimit-remaining-tokens': '5', 'retry-after': '1' });
  });

  test.each([
    ['retry-after', '30', '30'],
    ['retry-after', '3600', '30'],
    ['retry-after-ms', '3600', '3600'],
    ['retry-after-ms', '86400000', '30000'],
    ['retry-after', 'Wed, 21 Oct 2099 07:28:00 GMT', undefined],
    ['retry-after', '-1', undefined],
    ['retry-after', 'Infinity', undefined],
  ])('of an answer never let a client sleep longer than 30 s: %s: %s', (name, value, passed) => {
    expect(answerHeaders({ [name]: value })?.[name]).toBe(passed);
  });
});

describe('a credential', () => {
  const reference = (name: string) => ({ kind: 'bearer' as const, secret: `\${${name}}` });
  const credentials = new Credentials('/nowhere', (name) => (name === 'KEY' ? 'from-env' : undefined));

  test('is read from the environment at the moment it is used', async () => {
    const { header } = await credentials.open(reference('env:KEY'), 0);
    expect(header).toEqual(['authorization', 'Bearer from-env']);
  });

  test.each(['env:MISSING', 'file:missing', 'file:../outside', 'file:/etc/hostname'])(
    'that is missing or outside of the secrets directory (%s) stops the call',
    (name) => expect(credentials.open(reference(name), 0)).rejects.toThrow(name),
  );

  test('is covered wherever a server repeats it', () => {
    const covered = coverSecrets(Buffer.from('a SECRET-1 b SECRET-1'), [Buffer.from('SECRET-1')]);
    expect(covered.toString()).toBe('a [credential] b [credential]');
  });
});

describe('a circuit breaker', () => {
  test('opens after five failures in a row, probes with one call, and closes on success', () => {
    const breaker = new Breaker();
    for (let n = 0; n < 5; n++) {
      expect(breaker.permits(0)).toBe(true);
      breaker.failed(0);
    }
    expect([breaker.permits(1999), breaker.permits(2000), breaker.permits(2000)]).toEqual([
      false,
      true,
      false,
    ]);
    breaker.failed(2000);
    expect([breaker.permits(5999), breaker.permits(6000)]).toEqual([false, true]);
    breaker.succeeded();
    expect([breaker.permits(6000), breaker.permits(6000)]).toEqual([true, true]);
  });

  test('does not count a success between failures', () => {
    const breaker = new Breaker();
    for (let n = 0; n < 20; n++) {
      breaker.failed(n);
      if (n % 4 === 3) breaker.succeeded();
    }
    expect(breaker.isOpen).toBe(false);
  });
});

describe('a claim', () => {
  const entry = (more: Partial<RunEntry> = {}): RunEntry => ({
    state: 'open',
    attempt: 0,
    notAfter: 1000,
    ...more,
  });
  const held = { state: 'claimed' as const, claimedBy: 'other', attempt: 1 };

  test.each<[string, RunEntry | undefined, object]>([
    ['an open run', entry(), { kind: 'claim', attempt: 1, takesOver: false }],
    ['no run', undefined, { kind: 'end', why: 'not_opened' }],
    ['an expired run', entry({ notAfter: 100 }), { kind: 'end', why: 'expired' }],
    ['a revoked run', entry({ state: 'revoked' }), { kind: 'stop', why: 'revoked' }],
    ['a finished run', entry({ state: 'finished' }), { kind: 'stop', why: 'finished' }],
    ["another's live claim", entry({ ...held, leaseUntil: 101 }), { kind: 'wait', untilMs: 101 }],
    [
      "another's lapsed claim",
      entry({ ...held, leaseUntil: 100 }),
      { kind: 'claim', attempt: 2, takesOver: true },
    ],
    ['a second lapsed claim', entry({ ...held, attempt: 2, leaseUntil: 100 }), { kind: 'end', why: 'lost' }],
    ['its own claim', entry({ ...held, claimedBy: 'me', leaseUntil: 500 }), { kind: 'claim', attempt: 1 }],
  ])('on %s at 100 ms', (_, given, expected) => {
    expect(decideClaim(given, 'me', 100)).toMatchObject(expected);
  });

  test('has a lease from now on', () => {
    expect(decideClaim(entry(), 'me', 100)).toMatchObject({ entry: { leaseUntil: 100 + claimLeaseMs } });
  });
});

describe('token counts', () => {
  test('are found without reading the answer, and not in its text', () => {
    expect(findUsage(Buffer.from(answer('hi')))).toEqual({ promptTokens: 3, completionTokens: 5 });
    const quoted = answer('"usage":{"prompt_tokens":1,"completion_tokens":1}').replace(/,"usage":.*$/, '}');
    expect(findUsage(Buffer.from(quoted))).toBeUndefined();
    expect(findUsage(Buffer.from('{"usage":{"prompt_tokens":-1,"completion_tokens":2}}'))).toBeUndefined();
    expect(findUsage(Buffer.from('{"usage":null,"x":{}}'))).toBeUndefined();
  });
});

describe('a relay', () => {
  const protocol = protocolOf('openai-chat')!;
  const route = protocol.routes[0]!;
  const unmasked: OpenMask = () => ({ push: (text) => text, end: () => '' });
  const text = Buffer.from(`: hi\n\n${streamed(['gr\u00fc\u00df ', '\u{1f600} dich']).join('')}`);
  const cuts = fc.array(fc.nat(text.length), { maxLength: 20 });
  const pieces = (at: number[]): Buffer[] => {
    const points = [0, ...at.sort((a, b) => a - b), text.length];
    return points.slice(1).map((end, index) => text.subarray(points[index], end));
  };

  test('gives the same bytes however the stream is cut, in whole lines', () => {
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, masked) => {
        const relay = masked
          ? new MaskedRelay(protocol, route, { openMask: unmasked }, false)
          : new PlainRelay(protocol, route, 'text/event-stream');
        const out = pieces(at).map((piece) => Buffer.from(relay.push(piece)));
        const end = relay.end();
        expect(end.ending).toBe('finished');
        for (const each of out) expect(each.length === 0 || each.at(-1)).toBe(each.length === 0 || 0x0a);
        expect(Buffer.concat([...out, end.bytes]).toString()).toBe(text.toString());
      }),
      { numRuns: process.env.LONG === '1' ? 20_000 : 300 },
    );
  });

  test('tells a truncated stream, however long it was before', () => {
    const relay = new PlainRelay(protocol, route, 'text/event-stream');
    for (const event of streamed(Array.from({ length: 2000 }, () => 'word ')).slice(0, 2000)) {
      relay.push(Buffer.from(event));
    }
    expect(relay.end().ending).toBe('truncated');
  });

  test('passes an event that the model server left open, closed', () => {
    const relay = new PlainRelay(protocol, route, 'text/event-stream');
    relay.push(Buffer.from(streamed(['a']).join('').trimEnd()));
    const { ending, bytes } = relay.end();
    expect([ending, Buffer.from(bytes).toString()]).toEqual(['finished', 'data: [DONE]\n\n']);
  });
});

describe('a transcript', () => {
  test('says the same text, in pieces that never cut a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 10 }), (seed) => {
        const text = `${seed}\u{1f600}`.repeat(1500);
        const pieces = JSON.parse(transcriptOf(text, 7).toString()) as [number, string][];
        expect(pieces.map(([, piece]) => piece).join('')).toBe(text);
        for (const [atMs, piece] of pieces) {
          expect(atMs).toBe(7);
          expect(Buffer.from(piece).toString()).toBe(piece);
        }
      }),
      { numRuns: 50 },
    );
  });
});

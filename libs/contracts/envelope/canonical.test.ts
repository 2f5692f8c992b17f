import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type ReleaseTerms, releaseBytes } from '../index.ts';

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, shuffled(item)] as const);
  return Object.fromEntries(entries.reverse());
}

describe('canonical JSON', () => {
  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => canonicalJson(shuffled(value)) === canonicalJson(value)),
    );
  });

  test('means what the value means', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is the same for a field that is absent and one that is undefined', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });

  test('orders keys by code unit and escapes as JSON does', () => {
    expect(canonicalJson({ é: 1, z: 2, Z: '"\n' })).toBe('{"Z":"\\"\\n","z":2,"é":1}');
  });
});

const digest = 'b'.repeat(64);
const terms: ReleaseTerms = {
  requestId: `req-${'0'.repeat(32)}`,
  version: 1,
  gate: 'prompt',
  digest,
  connection: 'demo',
  upstreamModel: 'demo',
  operation: 'chat',
  obligations: { maskAnswer: { name: 'standard', digest } },
  notAfter: 1,
};

describe('the bytes of a release that a signature covers', () => {
  const changes: Partial<ReleaseTerms>[] = [
    { requestId: `req-${'1'.repeat(32)}` },
    { version: 2 },
    { gate: 'response' },
    { digest: 'c'.repeat(64) },
    { connection: 'other' },
    { upstreamModel: 'other' },
    { upstreamModel: null },
    { operation: 'completions' },
    { obligations: {} },
    { obligations: { maskRequest: { name: 'standard', digest } } },
    { notAfter: 2 },
  ];
  test.each(changes)('are others where %j', (change) => {
    expect(releaseBytes({ ...terms, ...change })).not.toEqual(releaseBytes(terms));
  });

  test('cover every field of the terms', () => {
    expect(new Set(changes.flatMap(Object.keys))).toEqual(new Set(Object.keys(terms)));
  });

  test('do not depend on the order in which the fields were written', () => {
    expect(releaseBytes(shuffled(terms) as ReleaseTerms)).toEqual(releaseBytes(terms));
  });
});

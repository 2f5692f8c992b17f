import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonDocument } from './document.ts';
import { pointerTokens } from './json.ts';
import { isFault, parseJson } from './parse.ts';

const options = { strict: true, maxDepth: 64, knownKeys: new Set(['known']) };
const read = (source: string, strict = true) => parseJson(source, { ...options, strict });
const codeOf = (source: string) => {
  const result = read(source);
  return isFault(result) ? result.code : 'accepted';
};
const numRuns = process.env.LONG === '1' ? 20_000 : 500;

describe('agreement with JSON.parse', () => {
  test('every JSON text gives the same value', () => {
    fc.assert(
      fc.property(fc.json(), (source) => {
        const result = read(source, false) as JsonDocument;
        expect(JSON.stringify(result.value)).toEqual(JSON.stringify(JSON.parse(source)));
      }),
      { numRuns },
    );
  });

  test('texts damaged in one place are refused when JSON.parse refuses them, and only then', () => {
    const damage = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      'e',
      '.',
      '\u0001',
      'x',
      ' ',
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), damage, fc.boolean(), (source, at, text, insert) => {
        const place = at % (source.length + 1);
        const damaged = source.slice(0, place) + text + source.slice(place + (insert ? 0 : 1));
        let expected = true;
        try {
          JSON.parse(damaged);
        } catch {
          expected = false;
        }
        expect(!isFault(read(damaged, false))).toBe(expected);
      }),
      { numRuns },
    );
  });

  test('every string and every unknown name is listed at its pointer and its place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const source = JSON.stringify(value);
        const { strings } = read(source, false) as JsonDocument;
        for (const { pointer, text, start, end, key } of strings) {
          expect(JSON.parse(source.slice(start, end))).toBe(text);
          if (!key) expect(resolve(value, pointer)).toBe(text);
        }
        expect(strings.filter(({ key }) => !key)).toHaveLength(countStrings(value));
      }),
      { numRuns },
    );
  });
});

function resolve(value: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce((at, token) => (at as Record<string, unknown>)[token], value);
}

function countStrings(value: unknown): number {
  if (typeof value === 'string') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + countStrings(each), 0);
}

describe('what two parsers could read differently', () => {
  test.each([
    ['{"a":1,"a":2}', 'ambiguous_key'],
    ['{"a":1,"\\u0061":2}', 'ambiguous_key'],
    ['{"model":1,"Model":2}', 'ambiguous_key'],
    ['{"key":1,"\u212Aey":2}', 'ambiguous_key'],
    ['{"stream":1,"\u017Ftream":2}', 'ambiguous_key'],
    ['[{"x":[{"b":1,"B":1}]}]', 'ambiguous_key'],
    ['{"a":1e400}', 'number_out_of_range'],
    ['{"a":-1e-400}', 'number_out_of_range'],
    ['{"a":9007199254740993}', 'number_out_of_range'],
    [`{"a":${'9'.repeat(400)}}`, 'number_out_of_range'],
    ['{"a":"\\ud800"}', 'lone_surrogate'],
    ['{"a":"x\\udc00\\ud800"}', 'lone_surrogate'],
    ['{"\\ud800":1}', 'lone_surrogate'],
    ['{} {}', 'trailing_data'],
    ['{}x', 'trailing_data'],
    ['\ufeff{}', 'invalid_json'],
    ['', 'invalid_json'],
    ['{"a":01}', 'trailing_data_or_json'],
    ['{"a":\t"\t"}', 'invalid_json'],
    ['{"a":NaN}', 'invalid_json'],
    ["{'a':1}", 'invalid_json'],
    ['{"a":1,}', 'invalid_json'],
    ['[1,]', 'invalid_json'],
    ['{"a":1/**/}', 'invalid_json'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'too_deep'],
    ['['.repeat(1_000_000), 'too_deep'],
  ])('%.60s', (source, code) => {
    expect(codeOf(source)).toBe(code === 'trailing_data_or_json' ? 'invalid_json' : code);
  });

  test.each([
    '{"a":9007199254740992}',
    '{"a":1e300}',
    '{"a":0.1000000000000000055511151231257827}',
    '{"a":-0}',
    '{"a":0e999}',
    '{"a":100000000000000000000}',
    '{"a":"\\ud83d\\ude00"}',
    '{"__proto__":{"x":1}}',
    `${'['.repeat(64)}${']'.repeat(64)}`,
  ])('%.60s is accepted', (source) => {
    expect(codeOf(source)).toBe('accepted');
  });

  test('a member named __proto__ is a member', () => {
    const { value } = read('{"__proto__":{"x":1}}') as JsonDocument;
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

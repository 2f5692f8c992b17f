import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdingMask, noMask, runMask } from '../test-kit.ts';
import { JsonTextMask } from './text-mask.ts';

const numRuns = process.env.LONG === '1' ? 10_000 : 300;
const run = (text: string, openMask = runMask, cuts: readonly number[] = []) => {
  const mask = new JsonTextMask(openMask, '/place');
  const bounds = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return (
    bounds
      .slice(1)
      .map((end, i) => mask.push(text.slice(bounds[i], end)))
      .join('') + mask.end()
  );
};
const cuts = fc.array(fc.nat(500), { maxLength: 20 });
const texts = fc.oneof(
  fc.json(),
  fc.json({ stringUnit: 'binary' }).map((text) => text.replaceAll('a', '\\u0061').replaceAll('/', '\\/')),
  fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0041 1-e+.tfn@ab\n'), maxLength: 60 }),
);

test('any text comes out as it went in where nothing is masked, spelling included', () => {
  fc.assert(
    fc.property(texts, cuts, (text, at) => {
      expect(run(text, noMask, at)).toBe(text);
      expect(run(text, holdingMask, at)).toBe(text);
    }),
    { numRuns },
  );
});

test('the result does not depend on how the text was cut', () => {
  const mails = texts.map((text) => text.replaceAll('b', 'b@ex.com'));
  fc.assert(
    fc.property(mails, cuts, (text, at) => {
      expect(run(text, runMask, at)).toBe(run(text));
    }),
    {
      numRuns,
      examples: [
        ['{"\\@{{', [6]],
        ['["\\u1\\"b', [6]],
      ],
    },
  );
});

test('JSON stays JSON of the same shape, with strings, names and numbers masked', () => {
  const value = fc.constantFrom(
    'ann@example.com',
    'plain',
    4111111111111111,
    7,
    true,
    null,
    'x "q" \\ \n é 😀',
  );
  const tree = fc.object({
    values: [value],
    key: fc.constantFrom('a', 'bob@example.com', 'c"'),
    maxDepth: 3,
  });
  fc.assert(
    fc.property(tree, cuts, fc.nat(2), (object, at, space) => {
      const masked = run(JSON.stringify(object, null, space), runMask, at);
      const expected = JSON.stringify(object)
        .replaceAll(/ann@example\.com|bob@example\.com/g, '[EMAIL]')
        .replaceAll('4111111111111111', '"[CARD]"');
      expect(JSON.stringify(JSON.parse(masked))).toBe(JSON.stringify(JSON.parse(expected)));
    }),
    { numRuns },
  );
});

describe('what hides in JSON', () => {
  test.each([
    ['{"a":"ann\\u0040example.com"}', '{"a":"[EMAIL]"}'],
    ['{"a":"\\u0061nn@example.com","b":"caf\\u00e9"}', '{"a":"[EMAIL]","b":"caf\\u00e9"}'],
    ['[4111111111111111 , 5]', '["[CARD]" , 5]'],
    ['{"ann@example.com":1}', '{"[EMAIL]":1}'],
    ['{"a":{"b":["ann@example.com"]}}', '{"a":{"b":["[EMAIL]"]}}'],
  ])('%s', (text, expected) => {
    expect(run(text)).toBe(expected);
  });

  test.each([
    ['mail ann@example.com', 'mail [EMAIL]'],
    ['{"a":ann@example.com}', '{"a":[EMAIL]}'],
    ['{"a":"x"} and ann@example.com', '{"a":"x"} and [EMAIL]'],
    ['"ann@example.com', '"[EMAIL]'],
    ['4111111111111111', '[CARD]'],
    [`${'['.repeat(80)}ann@example.com`, `${'['.repeat(80)}[EMAIL]`],
    ['{"a":"cut ann@example.com', '{"a":"cut [EMAIL]'],
    ['{"a":"ann@example.com\\', '{"a":"[EMAIL]\\'],
    ['{"a":4111111111111111', '{"a":"[CARD]"'],
  ])('text that is not, or not all, JSON: %.40s', (text, expected) => {
    expect(run(text)).toBe(expected);
  });

  test('a value can not slip through as numbers one after the other', () => {
    const digits: string[] = [];
    const watch = () => ({
      push: (chunk: string) => {
        digits.push(chunk);
        return chunk;
      },
      end: () => '',
    });
    run('[4111 1111 1111 1111]', watch);
    expect(digits.join('')).toContain('4111 1111 1111 1111');
    expect(digits[0]).toMatch(/^4111 1/);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Json, pointerToken } from '../json/json.ts';
import { applyEdits, type Edit } from './edit.ts';

const edit = (source: string, ...edits: Edit[]): string => {
  const result = applyEdits(Buffer.from(source), edits);
  return result.kind === 'edited' ? Buffer.from(result.bytes).toString() : `${result.code} ${result.pointer}`;
};

describe('edits', () => {
  test('leave every other byte as it was', () => {
    const source = '{ "a" : "caf\\u00e9",\r\n\t"b":[ 1 , {"c":"x"} , 3 ] ,"d" : 1.50 }';
    expect(edit(source, { op: 'replace', pointer: '/b/1/c', value: 'y "z"' })).toBe(
      source.replace('"x"', '"y \\"z\\""'),
    );
  });

  test.each<[string, string, Edit[], string]>([
    ['a member', '{"a":1,"b":2}', [{ op: 'remove', pointer: '/a' }], '{"b":2}'],
    ['the last member', '{"a":1, "b":2}', [{ op: 'remove', pointer: '/b' }], '{"a":1}'],
    ['the only member', '{ "a":1 }', [{ op: 'remove', pointer: '/a' }], '{  }'],
    [
      'two elements',
      '{"a":[1,2,3]}',
      [
        { op: 'remove', pointer: '/a/1' },
        { op: 'remove', pointer: '/a/2' },
      ],
      '{"a":[1]}',
    ],
    ['an escaped name', '{"a/b":{"~":1,"c":2}}', [{ op: 'remove', pointer: '/a~1b/~0' }], '{"a/b":{"c":2}}'],
    [
      'and adds',
      '{"a":[1]}',
      [
        { op: 'add', pointer: '/a/-', value: 2 },
        { op: 'remove', pointer: '/a/0' },
      ],
      '{"a":[2]}',
    ],
    ['and adds a member', '{}', [{ op: 'add', pointer: '/max_tokens', value: 9 }], '{"max_tokens":9}'],
  ])('take out %s', (_, source, edits, expected) => {
    expect(edit(source, ...edits)).toBe(expected);
  });

  test.each<[string, Edit[], string]>([
    ['{"a":1}', [{ op: 'replace', pointer: '/b', value: 1 }], 'edit.not_found /b'],
    ['{"a":1}', [{ op: 'add', pointer: '/a', value: 1 }], 'edit.exists /a'],
    ['{"a":[1]}', [{ op: 'add', pointer: '/a/1', value: 1 }], 'edit.not_found /a/1'],
    ['{"a":1}', [{ op: 'add', pointer: '/a/b', value: 1 }], 'edit.not_found /a/b'],
    ['{"a":1}', [{ op: 'replace', pointer: '', value: 1 }], 'edit.whole_body '],
    ['{"a":1,"a":2}', [{ op: 'remove', pointer: '/a' }], 'edit.not_json '],
    [
      '{"a":{"b":1}}',
      [
        { op: 'remove', pointer: '/a' },
        { op: 'remove', pointer: '/a/b' },
      ],
      'edit.overlap /a',
    ],
    [
      '{"a":[]}',
      [
        { op: 'remove', pointer: '/a' },
        { op: 'add', pointer: '/a/-', value: 1 },
      ],
      'edit.overlap /a',
    ],
  ])('%s refuses %j with %s', (source, edits, expected) => {
    expect(edit(source, ...edits)).toBe(expected);
  });

  test('change the parsed value as they say, whatever the body', () => {
    const bodies = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 5 });
    fc.assert(
      fc.property(bodies, fc.nat(), fc.jsonValue({ maxDepth: 1 }), fc.nat(2), (body, pick, value, space) => {
        const source = JSON.stringify(body, null, space);
        const expected = JSON.parse(source) as Record<string, Json>;
        fc.pre(
          source.length < 5000 && !/"__proto__"|"(?:[^"]*)":.*\\ud[89a-f]/i.test(source) && noClash(expected),
        );
        const key = Object.keys(expected)[pick % Object.keys(expected).length] ?? '';
        const pointer = `/${pointerToken(key)}`;
        const replaced = JSON.parse(edit(source, { op: 'replace', pointer, value: value as Json }));
        expect(replaced).toEqual(JSON.parse(JSON.stringify({ ...expected, [key]: value })));
        const removed = JSON.parse(edit(source, { op: 'remove', pointer }));
        delete expected[key];
        expect(removed).toEqual(expected);
      }),
      { numRuns: process.env.LONG === '1' ? 10_000 : 300 },
    );
  });
});

/** Bodies that a strict reader would refuse are not edited. */
function noClash(value: Json): boolean {
  const result = applyEdits(Buffer.from(JSON.stringify(value)), []);
  return result.kind === 'edited';
}

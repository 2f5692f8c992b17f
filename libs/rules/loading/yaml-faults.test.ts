import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatIssue, loadPolicy } from './load.ts';

/** The faults of a text, as `config check` prints them. */
function faultsOf(text: string): string[] {
  const loaded = loadPolicy([{ name: 'a', text }]);
  return loaded.kind === 'issues' ? loaded.issues.map(formatIssue) : [];
}

const tab = 'expected spaces before the first word; this line is indented with a tab';

test.each([
  ['a tab', 'a:\n\tb: 1', `a:2:1: ${tab}`],
  ['a tab after spaces', 'a:\n  b: 1\n \tc: 2', `a:3:2: ${tab}`],
  ['a tab with CRLF', 'a: 1\r\n\tb: 2\r\n', `a:2:1: ${tab}`],
  ['an open "', 'a: 1\nb: "abc\nc: []', 'a:2:4: expected a closing " for the text that begins here'],
  ["an open '", "a: 1\nb: 'abc\nc: []", "a:2:4: expected a closing ' for the text that begins here"],
  [
    'an open [',
    'a: [1, 2\nb: []',
    'a:1:4: expected a closing ] for this [ before line 2, or line 2 indented deeper',
  ],
  [
    'an open { in a list',
    'rules:\n  - { name: a\n  - { name: b }',
    'a:2:5: expected a closing } for this { before line 3, or line 3 indented deeper',
  ],
  [
    'the outer { of two',
    'a: { b: { c: 1 }\nd: []',
    'a:1:4: expected a closing } for this { before line 2, or line 2 indented deeper',
  ],
  ['a ] too many', 'a: [1]]\nb: 2', 'a:1:7: there is no [ that this ] closes'],
  ['a } too many', 'a: { b: 1 }}', 'a:1:12: there is no { that this } closes'],
  ['a key that is there', 'a: 1\nb: 2\na: 3', 'a:3:1: "a" is set twice; line 1 has it already'],
  ['a key that is there within { }', 'x: { a: 1, a: 2 }', 'a:1:12: "a" is set twice; line 1 has it already'],
  [
    'a line too far left',
    'rules:\n  - name: a\n    effect: allow\n   match: x',
    'a:4:4: expected this line to begin in column 1, 3 or 5, as the lines it belongs to; it begins in 4',
  ],
  [
    'an item between two columns',
    'rules:\n - name: a\n   effect: deny\n  - name: b',
    'a:4:3: expected this line to begin in column 1, 2 or 4, as the lines it belongs to; it begins in 3',
  ],
  [
    'an entry between two columns, after a comment',
    'a:\n    b: 1\n# so\n  c: 2',
    'a:4:3: expected this line to begin in column 1 or 5, as the lines it belongs to; it begins in 3',
  ],
  [
    'an entry among items',
    'a:\n  - 1\n  b: 2',
    'a:3:3: expected an item of a list ("- …"), as the lines above',
  ],
  [
    'an item among entries',
    'a:\n  b: 2\n  - 1',
    'a:3:1: expected "name: value" as in the lines above; an item of a list ("- …") can not stand among them',
  ],
  [
    'a value and entries',
    'a: 1\n  b: 2',
    'a:1:4: "a" has a value and entries below it; expected one of them (line 2 is indented deeper)',
  ],
  ['no space after a dash', 'a:\n  -b: 1\n  - c: 1', 'a:3:1: expected a space after the dash in line 2'],
  ['no space after a colon', 'a:1\nb: []', 'a:1:3: expected a space after the colon'],
  ['no colon', 'a: 1\nb\n  - c: 1', 'a:2:1: expected a name with ": " and a value after it'],
  ['a colon in a text', 'a: see: this', 'a:1:4: a text with ": " in it needs quotes'],
  ['no comma', 'a: { b: 1 c: 2 }', 'a:1:9: expected a comma between the entries within { } or [ ]'],
  [
    'no comma at the end of a line',
    'a: { b: 1\n  c: 2 }',
    'a:1:9: expected a comma between the entries within { } or [ ]',
  ],
  ['*', 'a: *', 'a:1:4: a text that begins with * needs quotes'],
  [
    'a pattern as an alias',
    'a: [*-large]',
    'a:1:5: there is no anchor "&-large" for "*-large"; a text that begins with * needs quotes',
  ],
  ['a tag', 'a: !gpt 1', 'a:1:4: a text that begins with ! needs quotes'],
  ['@', 'a: @b', 'a:1:4: a text that begins with @ needs quotes'],
  [
    'an unknown escape',
    'a: "b\\d"',
    'a:1:6: \\d means nothing within "…"; write \\\\ for a backslash, or use \'…\'',
  ],
  ['a second document', 'a: 1\n---\nb: 2', 'a:2:1: expected one document in a file; "---" begins another'],
  [
    'more after a quote',
    "a: 'it's'",
    "a:1:8: expected nothing more after the closing '; write '' for a ' within '…'",
  ],
  ['no space before #', 'a: "x"#c', 'a:1:7: expected a space before #'],
  ['what has no words of ours', 'a: |5x\n b', 'a:1:6: Block scalar header includes extra characters: |5x'],
])('%s is one fault, at its place, with what was expected', (_, text, expected) => {
  expect(faultsOf(text)).toEqual([expected]);
});

test('names that are set twice are told each', () => {
  expect(faultsOf('a: 1\na: 2\nb: 1\nb: 2')).toHaveLength(2);
});

test('whatever stands in a file, a fault has a place in it', () => {
  const piece = fc.constantFrom(
    ...'ab:-#{}[],"\'|>*&!%@`?~ \n\t\r\\\u00a0',
    ': ',
    '- ',
    '\n  ',
    '---\n',
    '...\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const lines = text.split('\n');
      const loaded = loadPolicy([{ name: 'a', text }]);
      if (loaded.kind !== 'issues') throw new Error('a policy of nothing');
      for (const { line, column, message } of loaded.issues) {
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        expect(message).not.toBe('');
      }
    }),
    { numRuns: process.env.LONG ? 100_000 : 500 },
  );
});

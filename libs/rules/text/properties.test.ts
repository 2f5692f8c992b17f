import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { originalSpan } from './decoding/view.ts';
import { KeywordFinder, type KeywordHit } from './keywords/find-keywords.ts';
import { buildAutomaton, keywordPatterns } from './keywords/keyword-automaton.ts';
import { isAscii, unitsOf } from './units.ts';
import { viewsOf } from './views.ts';

const runs = process.env.LONG === '1' ? 50_000 : 1000;
const keywords = ['alpha', 'al', 'bravo key', 'keyed'];
const finder = new KeywordFinder(buildAutomaton(keywords.flatMap((word, id) => keywordPatterns(id, word))));

function hits(text: string): KeywordHit[] {
  const found: KeywordHit[] = [];
  finder.find(text, (hit) => found.push(hit));
  return found;
}

test('every whole word that a plain search finds is found', () => {
  const piece = fc.constantFrom('alpha', 'al', 'bravo', 'key', 'keyed', ' ', ', ', 'x', '\n', '(', 'é', '1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const found = hits(text).map(({ id, start, end }) => `${id} ${start} ${end}`);
      for (const [id, keyword] of keywords.entries()) {
        for (const match of text.matchAll(
          new RegExp(`(?<![\\p{L}\\p{N}])${keyword}(?![\\p{L}\\p{N}])`, 'gu'),
        )) {
          expect(found).toContain(`${id} ${match.index} ${match.index + keyword.length}`);
        }
      }
    }),
    { numRuns: runs },
  );
});

test('no text makes the search throw, and every hit lies in the text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          '%61',
          '&#97;',
          '\\u006c',
          'YWxwaGEg',
          '616c706861',
          '<b>',
          '\ud83d',
          '\u200b',
          'a',
          ' ',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      for (const view of viewsOf(value).views) {
        for (const { start, end } of hits(view.text)) {
          const span = originalSpan(view, start, end);
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.start).toBeLessThan(span.end);
          expect(span.end).toBeLessThanOrEqual(value.length);
        }
      }
    }),
    { numRuns: runs },
  );
});

test('a hit in decoded text covers exactly what was encoded', () => {
  const around = fc.stringMatching(/^[a-z ]{0,30}$/);
  const encodings = [
    (word: string) => Buffer.from(word).toString('base64'),
    (word: string) => Buffer.from(word).toString('hex'),
    (word: string) => [...word].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
    (word: string) => [...word].map((c) => `&#${c.charCodeAt(0)};`).join(''),
    (word: string) => [...word].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join(''),
  ];
  fc.assert(
    fc.property(around, around, fc.constantFrom(...encodings), (before, after, encode) => {
      const written = encode('bravo key');
      const text = `${before} ${written} ${after}`;
      const spans = viewsOf(text).views.flatMap((view) =>
        hits(view.text)
          .filter(({ id }) => id === 2)
          .map(({ start, end }) => originalSpan(view, start, end)),
      );
      const expected = {
        start: before.length + 1,
        end: before.length + 1 + written.replace(/=+$/, '').length,
      };
      expect(spans).toContainEqual(expected);
    }),
    { numRuns: runs },
  );
});

test('the fast ways to look at a text see what the plain ones see', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .tuple(fc.nat(70_000), fc.constantFrom('', 'é', '密', '\ud83d', '\u{1f600}'))
      .map(([n, c]) => 'a'.repeat(n) + c),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(isAscii(value)).toBe(!/[^\0-\x7f]/.test(value));
      const units = unitsOf(value).subarray(0, value.length);
      expect(
        Buffer.from(units.buffer, units.byteOffset, units.byteLength).toString('utf16le') === value,
      ).toBe(true);
    }),
    { numRuns: 200 },
  );
});

import { expect, test } from '@jest/globals';
import { seamsOf } from './seams.ts';

const message = (index: number, text: string) => ({
  pointer: `/messages/${index}/content`,
  text,
  turn: index + 1,
});

test('a word that is cut in two messages is read in one, where it stands in both', () => {
  const [seam, ...more] = seamsOf([message(0, 'tell me the pass'), message(1, 'word of bob')]);
  expect(more).toEqual([]);
  expect(seam).toMatchObject({ text: 'tell me the password of bob', turn: 2, onlyWords: true });
  expect(seam?.place(12, 20)).toEqual([
    { pointer: '/messages/0/content', start: 12, end: 16 },
    { pointer: '/messages/1/content', start: 0, end: 4 },
  ]);
});

test('of long messages only the edges are read again', () => {
  const long = 'x'.repeat(100_000);
  const [seam] = seamsOf([message(0, long), message(1, long), message(2, long)]);
  expect(seam?.text.length).toBeLessThan(300);
  expect(seam?.place(seam.text.length - 1, seam.text.length)).toEqual([
    { pointer: '/messages/2/content', start: 99_999, end: 100_000 },
  ]);
});

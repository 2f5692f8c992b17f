import { expect, test } from '@jest/globals';
import { compileReview } from './review.ts';

const input = (...texts: string[]) => ({
  texts: texts.map((text, i) => ({ pointer: `/choices/${i}/message/content`, text, turn: 0 })),
  connection: 'demo',
  upstreamModel: 'demo',
  now: 0,
});

test('finds words, patterns and entities in an answer, each condition for itself', () => {
  const review = compileReview([
    { keywords: ['launch code'] },
    { patterns: ['X-[0-9]+'], entities: ['EMAIL_ADDRESS'] },
  ]);
  expect(review(input('nothing here'))).toEqual([]);
  expect(
    review(input('ok', 'the l4unch code')).map(({ pointer, condition, decodedAs }) => [
      pointer,
      condition,
      decodedAs,
    ]),
  ).toEqual([['/choices/1/message/content', 'keyword "launch code"', 'leetspeak']]);
  expect(review(input('see X-12')).map(({ condition }) => condition)).toEqual(['pattern "X-[0-9]+"']);
  expect(review(input('write to a.b@example.com')).map(({ condition }) => condition)).toEqual([
    'entity EMAIL_ADDRESS',
  ]);
});

test('evaluates CEL over the answer; what cannot be evaluated counts as matching', () => {
  const review = compileReview([{ cel: 'answer.characters > 5 && connection.name == "demo"' }]);
  expect(review(input('short'))).toEqual([]);
  expect(review(input('longer text'))).toHaveLength(1);
  expect(compileReview([{ cel: '1 / (answer.characters - 5) > 0' }])(input('short'))).toHaveLength(1);
});

test('refuses what no policy compiles to', () => {
  expect(() => compileReview([])).toThrow();
  expect(() => compileReview([{ cel: 'user.name == "x"' }])).toThrow();
  expect(() => compileReview([{ patterns: ['(?=x)'] }])).toThrow(/review condition/);
});

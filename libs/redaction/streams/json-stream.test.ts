import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker } from '../masker.ts';

const key = new Uint8Array(32).fill(5);
const maskerOf = (input: MaskingProfileInput = {}) =>
  compileMasker(MaskingProfile.parse(input), { key, scope: 'j' });

function maskJson(text: string, input?: MaskingProfileInput, cuts: readonly number[] = []): string {
  const stream = maskerOf(input).openJsonStream();
  let at = 0;
  let out = '';
  for (const cut of cuts) {
    out += stream.push(text.slice(at, at + cut));
    at += cut;
  }
  return out + stream.push(text.slice(at)) + stream.end();
}

test('a value is found through escapes and masked within its string', () => {
  const masked = JSON.parse(maskJson(String.raw`{"to":"jane\u0040example.com","n":[1,"a\n\"b\""]}`));
  expect(masked).toEqual({ to: expect.stringMatching(/^\[EMAIL_ADDRESS_\w+\]$/), n: [1, 'a\n"b"'] });
});

test('a key is context for its value', () => {
  const masked = JSON.parse(maskJson('{"ssn":"219099999","password":"xK9#mP2$vL5","count":"219099999"}'));
  expect(masked.ssn).toMatch(/^\[US_SSN_/);
  expect(masked.password).toMatch(/^\[SECRET_/);
  expect(masked.count).toBe('219099999');
});

test('a card written as a number is masked and the text stays JSON', () => {
  expect(JSON.parse(maskJson('{"card":4111111111111111,"n":12}'))).toEqual({
    card: expect.stringMatching(/^\[CREDIT_CARD_/),
    n: 12,
  });
});

test('a field named in the profile is masked entirely, whatever it holds', () => {
  const fields = [{ path: 'people.*.name', entity: 'PERSON' }];
  const masked = JSON.parse(maskJson('{"people":[{"name":"Ada L.","role":"x"},{"name":"Bo"}]}', { fields }));
  expect(masked.people[0].name).toMatch(/^\[PERSON_/);
  expect(masked.people[1].name).toMatch(/^\[PERSON_/);
  expect(masked.people[0].role).toBe('x');
});

test('text that is not JSON is masked as text', () => {
  expect(maskJson('oops: jane@example.com')).toMatch(/^oops: \[EMAIL_ADDRESS_\w+\]$/);
  expect(maskJson('4111 1111 1111 1111')).toMatch(/^\[CREDIT_CARD_\w+\]$/);
  expect(maskJson('{"a":1} jane@example.com')).toMatch(/^\{"a":1\} \[EMAIL_ADDRESS_\w+\]$/);
  expect(maskJson('{"a":"x" nul jane@example.com}')).not.toContain('jane');
});

const json = fc.oneof(fc.object(), fc.array(fc.jsonValue())).map((value) => JSON.stringify(value));

test('JSON stays JSON of the same shape, however it is cut', () => {
  const value = fc.oneof(
    json,
    fc.constant('{"a":["mail jane@example.com \\ud83d\\ude00 x",{"k":"4111 1111 1111 1111"}]}'),
  );
  fc.assert(
    fc.property(value, fc.array(fc.nat({ max: 9 }), { maxLength: 40 }), (text, cuts) => {
      const whole = maskJson(text);
      expect(maskJson(text, {}, cuts)).toBe(whole);
      expect(shapeOf(JSON.parse(whole))).toEqual(shapeOf(JSON.parse(text)));
    }),
  );
});

/** Keys, lengths and kinds; numbers and strings count as one kind, since a masked number becomes a string. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return typeof value === 'number' ? 'string' : typeof value;
  return Object.values(value).map(shapeOf);
}

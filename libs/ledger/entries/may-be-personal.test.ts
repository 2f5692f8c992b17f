import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayBePersonal, splitHead } from '../index.ts';

const names = [
  ...['subject', 'email', 'groups', 'address', 'clientAddress', 'userAgent', 'claims', 'issuer'],
  'questionSignature',
];
const others = ['path', 'protocol', 'target', 'value', 'context', 'terms', 'x', '"', '\\', '\u0000'];
const texts = fc.oneof(
  fc.constantFrom('http', 'openai-chat', '/a"b?c', '/v1/chat', '/a\\?', 'user', '?', '/q/\u0000?'),
  fc.string(),
);
const { head } = fc.letrec((tie) => ({
  head: fc.dictionary(fc.constantFrom(...names, ...others), tie('value'), { maxKeys: 5 }),
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('head'),
  ),
}));

describe('a head that is kept as it came', () => {
  test('has nothing personal in it, whatever it holds and however it is written', () => {
    fc.assert(
      fc.property(head, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        if (splitHead(JSON.parse(text)).parts.length > 0) expect(mayBePersonal(text)).toBe(true);
      }),
      { numRuns: process.env.LONG ? 100_000 : 2000 },
    );
  });

  test.each([
    '{"subj\\u0065ct":"u-1"}',
    '{"path":"/v1/chat/completions?for=carol","protocol":"openai-chat"}',
    '{"path" : "/a\\"b?c"}',
    '{"protocol": "http", "path": "/customers/carol"}',
    '{"claims":{"employeeNumber":"1234"}}',
  ])('is not %s', (text) => expect(mayBePersonal(text)).toBe(true));

  test('is that of an ordinary release', () => {
    const release = { path: '/v1/chat/completions', protocol: 'openai-chat', subjectKey: 'k', headers: {} };
    expect(mayBePersonal(JSON.stringify(release))).toBe(false);
  });
});

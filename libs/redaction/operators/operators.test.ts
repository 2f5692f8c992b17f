import { describe, expect, test } from '@jest/globals';
import { MaskingProfile, type MaskOperator } from '#contracts';
import { compileMasker } from '../masker.ts';
import { restoreText } from '../placeholders/restore.ts';
import { decryptDigits } from './digits.ts';
import { decryptValue } from './encrypt.ts';
import { ff1 } from './ff1.ts';

const key = new Uint8Array(32).fill(1);
const card = '4111 1111 1111 1111';

function maskerOf(operator: unknown, scope = 's') {
  const profile = MaskingProfile.parse({
    entities: { CREDIT_CARD: { operator }, EMAIL_ADDRESS: { operator } },
  });
  return compileMasker(profile, { key, scope });
}
const maskedBy = (operator: unknown, text = `pay ${card} now`) => maskerOf(operator).maskText(text).text;

test('FF1 gives the digits of the published examples and gives them back', () => {
  const aes128 = Buffer.from('2B7E151628AED2A6ABF7158809CF4F3C', 'hex');
  const tweak = Buffer.from('39383736353433323130', 'hex');
  expect(ff1(aes128, Buffer.alloc(0), '0123456789', 'encrypt')).toBe('2433477484');
  expect(ff1(aes128, tweak, '0123456789', 'encrypt')).toBe('6124200773');
  expect(ff1(aes128, tweak, '6124200773', 'decrypt')).toBe('0123456789');
});

describe('an operator', () => {
  test.each<readonly [MaskOperator['kind'], unknown, string | RegExp]>([
    ['token', 'token', /^pay \[CREDIT_CARD_[a-z2-7]{5}\] now$/],
    ['mask', { kind: 'mask', keepFirst: 2, keepLast: 4 }, 'pay 41** **** **** 1111 now'],
    ['redact', 'redact', 'pay  now'],
    ['replace', { kind: 'replace', with: '(card)' }, 'pay (card) now'],
    ['hash', 'hash', /^pay CREDIT_CARD:[0-9a-f]{16} now$/],
    ['fpe', 'fpe', /^pay \d{4} \d{4} \d{4} \d{4} now$/],
    ['encrypt', 'encrypt', /^pay \[CREDIT_CARD:[\w-]{38,}\] now$/],
    ['pseudonym', 'pseudonym', /^pay \d{4} \d{4} \d{4} \d{4} now$/],
    ['keep', 'keep', `pay ${card} now`],
    ['block', 'block', ''],
  ])('%s', (kind, operator, expected) => {
    const masked = maskedBy(operator);
    if (typeof expected === 'string') expect(masked).toBe(expected);
    else expect(masked).toMatch(expected);
    expect(masked.includes(card)).toBe(kind === 'keep');
  });
});

test('what fpe and encrypt write can be read with the key, in its scope only', () => {
  const digits = maskedBy('fpe').slice(4, -4);
  expect(decryptDigits(key, 's', 'CREDIT_CARD', digits)).toBe(card);
  const sealed = maskedBy('encrypt').slice(4, -4);
  expect(decryptValue(key, 's', sealed)).toBe(card);
  expect(decryptValue(key, 'other', sealed)).toBeUndefined();
});

test('a pseudonym is the same each time and is restored', () => {
  const masker = maskerOf('pseudonym');
  const { text } = masker.maskText('from jane@example.org to jane@example.org');
  const [, first, second] = /from (\S+) to (\S+)/.exec(text)!;
  expect(first).toBe(second);
  expect(first).toMatch(/@example\.com$/);
  expect(restoreText(text, masker.issued)).toBe('from jane@example.org to jane@example.org');
});

test('shadow mode reports findings and changes nothing', () => {
  const profile = MaskingProfile.parse({ mode: 'shadow', defaults: { operator: 'block' } });
  const { text, findings, blocked } = compileMasker(profile, { key, scope: 's' }).maskText(`pay ${card}`);
  expect({ text, blocked }).toEqual({ text: `pay ${card}`, blocked: false });
  expect(findings).toEqual([
    expect.objectContaining({ entity: 'CREDIT_CARD', start: 4, end: 23, operator: 'block' }),
  ]);
});

test('a stream that blocks has emitted what stood before, and emits nothing after', () => {
  const stream = maskerOf('block').openStream();
  const emitted = [stream.push(`hi! pay ${card} `), stream.push('and more text'), stream.end()];
  expect(emitted).toEqual(['hi! pay ', '', '']);
  expect(stream.blocked).toBe(true);
});

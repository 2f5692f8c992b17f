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
    ['hash', 'hash', /^pay \[CREDIT_CARD_[a-z2-7]{12}\] now$/],
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

test('values that would have one pseudonym are told apart, so that each is restored', () => {
  const operator = { defaults: { operator: 'pseudonym' as const } };
  const masker = compileMasker(MaskingProfile.parse(operator), { key, scope: 's' });
  const text = Array.from({ length: 1_500 }, (_, k) => `10.${k >> 8}.${k & 255}.77`).join('\n');
  const masked = masker.maskText(text).text;
  expect(masked).not.toMatch(/^10\./m);
  expect(new Set(masked.split('\n')).size).toBe(1_500);
  expect(restoreText(masked, masker.issued)).toBe(text);
});

test('spellings of one value have one pseudonym', () => {
  const { text } = maskerOf('pseudonym').maskText('Jane@Example.org jane@example.org');
  expect(text.split(' ')[0]).toBe(text.split(' ')[1]);
});

test.each(['fpe', 'pseudonym'])('%s leaves nothing of a value with letters in it', (operator) => {
  const profile = MaskingProfile.parse({ defaults: { operator } });
  const { text } = compileMasker(profile, { key, scope: 's' }).maskText(
    'api_key = "qe0erip45qmuk9ykf3dujlt4" GB82 WEST 1234 5698 7654 32 00:1b:63:84:45:e6',
  );
  expect(text).not.toMatch(/erip|qmuk|dujlt|WEST|:1b:/);
});

test('a telephone number keeps its form under fpe, its extension too', () => {
  const profile = MaskingProfile.parse({ defaults: { operator: 'fpe' } });
  const { text } = compileMasker(profile, { key, scope: 's' }).maskText('call (415) 555-2671 x12');
  expect(text).toMatch(/^call \(\d{3}\) \d{3}-\d{4} x\d\d$/);
});

test.each(['token', 'mask', 'redact', 'replace', 'hash', 'encrypt', 'keep'])(
  'what %s wrote goes through a second pass as it is',
  (operator) => {
    const open = () => compileMasker(MaskingProfile.parse({ defaults: { operator } }), { key, scope: 's' });
    const text =
      'password="xK9#mP2$vL5" api_key=qe0erip45qmuk9ykf3dujlt4 postgres://app:s3cr3tPw@db/x curl -u bob:S3cretPw1 jane@example.org';
    const once = open().maskText(text).text;
    expect(open().maskText(once).text).toBe(once);
  },
);

test('a pseudonym of the prompt that a model repeats goes through the masking of its answer', () => {
  const prompt = maskerOf('pseudonym');
  const { text } = prompt.maskText('write to jane@example.org');
  const answer = compileMasker(MaskingProfile.parse({}), { key, scope: 's', passing: prompt.issued });
  const repeated = answer.maskText(`I did: ${text}; and to bob@example.net`).text;
  expect(restoreText(repeated, prompt.issued)).toMatch(
    /^I did: write to jane@example\.org; and to \[EMAIL_ADDRESS_[a-z2-7]{5}\]$/,
  );
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

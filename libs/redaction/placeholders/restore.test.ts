import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '../masker.ts';
import { openRestorer, restoreText } from './restore.ts';

const vault = new Map([
  ['[EMAIL_ADDRESS_x7k2q]', 'jane@example.com'],
  ['[EMAIL_ADDRESS_x7k2qa]', 'joan@example.com'],
  ['[US_SSN_abcde]', '219-09-9999'],
]);

describe('a placeholder is restored', () => {
  test.each([
    ['as issued', 'to [EMAIL_ADDRESS_x7k2q].', 'to jane@example.com.'],
    ['in another letter case', '[email_address_X7K2Q]', 'jane@example.com'],
    ['escaped for Markdown', String.raw`\[EMAIL\_ADDRESS\_x7k2q\]!`, 'jane@example.com!'],
    ['with spaces', '[ EMAIL ADDRESS x7k2q ]', 'jane@example.com'],
    ['without brackets', 'EMAIL_ADDRESS_x7k2q, hello', 'jane@example.com, hello'],
    ['whose id begins like another', '[EMAIL_ADDRESS_x7k2qa]', 'joan@example.com'],
  ])('%s', (_name, text, expected) => {
    expect(restoreText(text, vault)).toBe(expected);
  });
});

test('an id that was not issued in this scope stays as it is', () => {
  expect(restoreText('[EMAIL_ADDRESS_zzzzz] [US_SSN_x7k2q]', vault)).toBe(
    '[EMAIL_ADDRESS_zzzzz] [US_SSN_x7k2q]',
  );
});

test('masking then restoring gives the text back, however it is cut', () => {
  const masker = compileMasker(MaskingProfile.parse({}), { key: new Uint8Array(32).fill(3), scope: 'c' });
  const part = fc.constantFrom(
    'jane@example.com',
    '4111 1111 1111 1111',
    'GB82 WEST 1234 5698 7654 32',
    ' and ',
    '[',
    'x ',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 8 }),
      fc.array(fc.nat({ max: 12 }), { maxLength: 40 }),
      (parts, cuts) => {
        const text = parts.join(' ');
        const masked = masker.maskText(text).text;
        const stream = openRestorer(masker.issued);
        let at = 0;
        let restored = '';
        for (const cut of cuts) {
          restored += stream.push(masked.slice(at, at + cut));
          at += cut;
        }
        expect(restored + stream.push(masked.slice(at)) + stream.end()).toBe(text);
      },
    ),
  );
});

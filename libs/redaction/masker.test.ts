import { describe, expect, test } from '@jest/globals';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker } from './masker.ts';

const key = new Uint8Array(32).fill(7);
const maskerOf = (input: MaskingProfileInput = {}) =>
  compileMasker(MaskingProfile.parse(input), { key, scope: 'conversation-1' });
const spansOf = (text: string, input?: MaskingProfileInput) =>
  maskerOf(input)
    .findSpans(text)
    .map((span) => [span.entity, text.slice(span.start, span.end)]);

describe('the default profile finds', () => {
  const cases: ReadonlyArray<readonly [string, string, string]> = [
    [
      'an e-mail address',
      'write to jane.doe+x@mail.example.co.uk.',
      'EMAIL_ADDRESS jane.doe+x@mail.example.co.uk',
    ],
    ['a card with spaces', 'pay with 4111 1111 1111 1111 today', 'CREDIT_CARD 4111 1111 1111 1111'],
    ['a card without spaces', 'card:5500005555555559', 'CREDIT_CARD 5500005555555559'],
    [
      'an IBAN in groups',
      'IBAN GB82 WEST 1234 5698 7654 32, thanks',
      'IBAN_CODE GB82 WEST 1234 5698 7654 32',
    ],
    ['an IPv4 address', 'from 203.0.114.77, port 80', 'IP_ADDRESS 203.0.114.77'],
    ['an IPv6 address', 'at 2001:db8:85a3::8a2e:370:7334 now', 'IP_ADDRESS 2001:db8:85a3::8a2e:370:7334'],
    ['a social security number', 'SSN 219-09-9999.', 'US_SSN 219-09-9999'],
    ['an international phone number', 'call +49 30 901820 now', 'PHONE_NUMBER +49 30 901820'],
    ['a national phone number', 'call (415) 555-2671 now', 'PHONE_NUMBER (415) 555-2671'],
    ['the password of a URL', 'postgres://app:s3cr3tPw@db:5432/x', 'SECRET s3cr3tPw'],
    ['a bearer token', 'Authorization: Bearer a8Fh2kLmN0pQrS4tUv6w', 'SECRET a8Fh2kLmN0pQrS4tUv6w'],
    ['an assigned password', 'DB_PASSWORD="xK9#mP2$vL5"', 'SECRET xK9#mP2$vL5'],
    [
      'full-width digits',
      'ｃａｒｄ ４１１１ １１１１ １１１１ １１１１',
      'CREDIT_CARD ４１１１ １１１１ １１１１ １１１１',
    ],
    [
      'digits with zero-width spaces',
      'c 4111\u200b1111\u200b1111\u200b1111.',
      'CREDIT_CARD 4111\u200b1111\u200b1111\u200b1111',
    ],
  ];
  test.each(cases)('%s', (_name, text, expected) => {
    expect(spansOf(text).map((span) => span.join(' '))).toContain(expected);
  });
});

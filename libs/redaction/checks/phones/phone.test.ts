import { describe, expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '../../masker.ts';

const masker = compileMasker(MaskingProfile.parse({ packs: ['core'] }), {
  key: new Uint8Array(16),
  scope: 'phones',
});
const phones = (text: string) =>
  masker
    .findSpans(text)
    .filter(({ entity }) => entity === 'PHONE_NUMBER')
    .map(({ start, end }) => text.slice(start, end));

describe('a national number grouped as its plan groups it is found without a word before it', () => {
  test.each([
    '(212) 555-0132',
    '020 7946 0958',
    '06 39 98 12 34',
    '030 23125 123',
    '612 34 56 78',
    '512 345 678',
    '32 12 34 56',
    '406 12 345',
    '912 345 678',
    '98765 43210',
    '8123 4567',
    '11 96123-4567',
    '55 1234 5678',
    '+49 30 23125 123',
  ])('%s', (number) => {
    expect(phones(`They gave me ${number} and asked to confirm.`)).toEqual([number]);
    expect(phones(number)).toEqual([number]);
    expect(phones(`10115 Berlin, PA 19763\n${number}`)).toEqual([number]);
  });
});

describe('numbers that only look grouped stay', () => {
  test.each([
    'sizes 20 21 22 23 24 25 26 27 28 29 30 31',
    '0030 0041 0042\n0612 3456 78',
    '<Buffer 30 82 01 e4 a0 03 02 01 02 02 01 01>',
    'between 100.1234 and 80.3245',
    'versions 18.19.130 and 6.12.20240101',
    'from 2012-11-10 to 2014-02-03',
    'a total of 1 234 567 of 8 901 234',
    '1336501: fix(open)',
    'Date: Mon Oct 29 16:39:05 2018 -0700',
    'Fifth Floor, Boston, MA 02110-1301, USA',
    'all of 0123456789 and 1234567890',
    '949E 671D 5632 6F6E 5DE2 5435 7092 8F66',
    '4e ec 3e 20 8a 3f 90 ec 84 46 49 87 a2 05',
  ])('%s', (text) => {
    expect(phones(text)).toEqual([]);
  });
});

describe('a number with a country code is found though nobody is assigned it', () => {
  test.each(['+1-555-867-5309', '+15551234567', '+44 7700 900123', '+61 491 570 006', '+1-555-0199'])(
    '%s',
    (number) => {
      expect(phones(`They gave me ${number} and asked to confirm.`)).toEqual([number]);
    },
  );
});

describe('what is numbered otherwise stays', () => {
  test.each([
    'Order #100-35568 has shipped',
    'invoice no. 100-35568',
    'SKU 555088-134',
    'a\n+20240101123456\n',
    '0000 4010 0000 0000 0000',
  ])('%s', (text) => {
    expect(phones(text)).toEqual([]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { MaskingProfile, packNames } from '#contracts';
import { compileMasker } from '../../masker.ts';

const key = new Uint8Array(16);
const profile = MaskingProfile.parse({ packs: packNames.filter((pack) => pack !== 'secrets') });
const masker = compileMasker(profile, { key, scope: 'ids' });

function entitiesAt(text: string, value: string): string[] {
  const start = text.indexOf(value);
  return masker
    .findSpans(text)
    .filter((span) => span.start === start && span.end === start + value.length)
    .map((span) => span.entity);
}

/** Sample numbers that the issuing bodies (or the articles on their schemes) publish. */
const VALID: ReadonlyArray<readonly [entity: string, value: string]> = [
  ['ABA_ROUTING_NUMBER', '021000021'],
  ['MEDICAL_LICENSE', 'AB1234563'],
  ['US_NPI', '1234567893'],
  ['US_MBI', '1EG4-TE5-MK73'],
  ['US_ITIN', '912-70-1234'],
  ['UK_NHS', '943 476 5919'],
  ['UK_NINO', 'AB 12 34 56 C'],
  ['UK_DRIVING_LICENCE', 'MORGA657054SM9IJ'],
  ['ES_NIF', '12345678Z'],
  ['ES_NIE', 'X1234567L'],
  ['IT_FISCAL_CODE', 'RSSMRA85T10A562S'],
  ['PL_PESEL', '44051401359'],
  ['FI_PERSONAL_IDENTITY_CODE', '131052-308T'],
  ['SE_PERSONNUMMER', '811218-9876'],
  ['SG_NRIC_FIN', 'S1234567D'],
  ['SG_NRIC_FIN', 'G1234567X'],
  ['AU_ABN', '51 824 753 556'],
  ['AU_ACN', '004 085 616'],
  ['AU_TFN', '123 456 782'],
  ['IN_AADHAAR', '9999 4105 7058'],
  ['IN_PAN', 'ABCPE1234F'],
  ['IN_GSTIN', '27AAPFU0939F1ZV'],
  ['KR_BRN', '220-81-62517'],
  ['TR_NATIONAL_ID', '10000000146'],
  ['DE_TAX_ID', '86095742719'],
  ['DE_VAT_ID', 'DE136695976'],
  ['DE_HEALTH_INSURANCE', 'A123456780'],
  ['FR_NIR', '2 55 08 14 168 025 38'],
  ['NL_BSN', '111222333'],
  ['BE_NATIONAL_NUMBER', '85.07.30-033.28'],
  ['CH_AHV', '756.9217.0769.85'],
  ['BR_CPF', '529.982.247-25'],
  ['BR_CNPJ', '11.222.333/0001-81'],
  ['CN_RESIDENT_ID', '11010519491231002X'],
  ['ZA_ID_NUMBER', '8001015009087'],
  ['CRYPTO', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
  ['CRYPTO', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
  ['CRYPTO', '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
  ['UUID', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  ['ZA_COMPANY_REGISTRATION', '1991/005588/07'],
  ['NG_NIN', '12345678902'],
  ['DE_LANR', '123456601'],
  ['URL', 'https://www.example.org/a?b=c'],
  ['DATE_TIME', '2024-02-29'],
  ['DATE_TIME', 'March 4, 2021'],
];

/** A word that announces the entity, for numbers whose form alone says too little. */
const ANNOUNCED: Readonly<Record<string, string>> = {
  ABA_ROUTING_NUMBER: 'routing',
  US_NPI: 'npi',
  US_ITIN: 'itin',
  AU_ACN: 'acn',
  AU_TFN: 'tfn',
  KR_BRN: 'business registration',
  DE_HEALTH_INSURANCE: 'krankenkasse',
  NL_BSN: 'bsn',
  ZA_ID_NUMBER: 'id number',
  NG_NIN: 'nin',
  DE_LANR: 'lanr',
};

describe('a published sample number is found where it stands', () => {
  test.each(VALID)('%s %s', (entity, value) => {
    expect(entitiesAt(`my ${ANNOUNCED[entity] ?? ''} is ${value}, thanks`, value)).toContain(entity);
  });
});

describe('a number with one digit changed is not found', () => {
  const checked = VALID.filter(
    ([entity]) =>
      !/US_MBI|US_ITIN|UUID|ZA_COMPANY|UK_NINO|UK_DRIV|SG_|IN_PAN|IN_GSTIN|URL|DATE|ES_|CRYPTO/.test(entity),
  );
  test.each(checked)('%s %s', (entity, value) => {
    const at = value.search(/\d(?=\D*$)/);
    const changed = value.slice(0, at) + ((Number(value[at]) + 1) % 10) + value.slice(at + 1);
    expect(entitiesAt(`my is ${changed}, thanks`, changed)).not.toContain(entity);
  });
});

test.each([
  ['US_MBI', 'medicare', '1eg4-te5-mk73'],
  ['UK_NINO', 'nino', 'AB-12-34-56-C'],
  ['UK_POSTCODE', 'postcode', 'sw1a 1aa'],
  ['IT_FISCAL_CODE', 'codice fiscale', 'RSS MRA 85T10 A562S'],
  ['IT_VAT_CODE', 'partita iva', 'IT00743110157'],
  ['PL_NIP', 'nip', 'PL5260250995'],
  ['DE_VAT_ID', 'ust-id', 'de136695976'],
  ['DK_CPR_NUMBER', 'cpr', '0101582182'],
  ['SG_UEN', 'uen', '53125226d'],
  ['AU_TFN', 'tfn', '123-456-782'],
  ['TH_TNIN', 'thai', '1 1017 00230 70 8'],
  ['IN_VEHICLE_REGISTRATION', 'vehicle', 'ka01ab1234'],
  ['IN_PASSPORT', 'passport', 'A21 90457'],
  ['MAC_ADDRESS', 'mac address', '001B638445E6'],
  ['IP_ADDRESS', 'ip', '2a02:26f0::/32'],
  ['EMAIL_ADDRESS', 'mail', 'иван@пример.рф'],
  ['EMAIL_ADDRESS', 'mail', '"john.doe"@example.com'],
  ['EMAIL_ADDRESS', 'mail', 'root@[192.168.7.41]'],
  ['EMAIL_ADDRESS', 'mail', 'ada@[IPv6:2001:db8::1]'],
  ['EMAIL_ADDRESS', 'mail', 'ada@例子.中国'],
  ['CREDIT_CARD', 'card', '4111.1111.1111.1111'],
  ['PHONE_NUMBER', 'phone', '001 201 555 0123'],
  ['PHONE_NUMBER', 'phone', '(2) 2123 4567'],
  ['IP_ADDRESS', 'net', '2a02:26f0::/32'],
  ['URL', 'see', 'https://münchen.example/pfad'],
  ['DATE_TIME', 'on', '21st of May 2021'],
  ['CA_POSTAL_CODE', 'postal code', 'K1A 0B1'],
  ['TR_LICENSE_PLATE', 'plaka', '34 ABC 123'],
  ['TR_PHONE_NUMBER', 'telefon', '0532 123 45 67'],
  ['PH_MOBILE_NUMBER', 'mobile', '+63 917 123 4567'],
  ['PH_UMID', 'umid', '0111-1234567-8'],
  ['ZA_PASSPORT', 'passport', 'A12345678'],
  ['ZA_INCOME_TAX_NUMBER', 'tax reference', '0001339050'],
  ['ZA_VAT_NUMBER', 'vat', '4220119988'],
  ['ZA_LICENSE_PLATE', 'number plate', 'CA 123-456'],
  ['ZA_LICENSE_PLATE', 'number plate', 'BB 12 BB GP'],
  ['ZA_MOBILE_NUMBER', 'cell', '082 123 4567'],
  ['ZA_TELEPHONE_NUMBER', 'telephone', '021 465 1234'],
  ['UK_PASSPORT', 'passport', 'ab1234567'],
  ['DE_HANDELSREGISTER', 'registergericht', 'hrb 12345'],
])('%s in another spelling of its specification, after a word: %s %s', (entity, word, value) => {
  expect(entitiesAt(`${word}: ${value}`, value)).toContain(entity);
  expect(entitiesAt(`{"${word}": "${value}"}`, value)).toContain(entity);
});

test('twelve hexadecimal digits alone, a decimal number or a date that is none are nobody’s', () => {
  for (const text of ['commit 001B638445E6', 'mac address 123456789012', 'cpr: 3113582182'])
    expect(entitiesAt(text, text.split(' ').at(-1)!)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/MAC_ADDRESS|DK_CPR_NUMBER/)]),
    );
});

test.each([
  ['CRYPTO', 'wallet 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'],
  ['UUID', 'uuid 00000000-0000-0000-0000-000000000000'],
  ['FI_PERSONAL_IDENTITY_CODE', 'hetu 290200-1239'],
  ['IN_GSTIN', 'gstin 00ABCDE1234F1Z5'],
  ['DE_PLZ', 'plz 00123'],
  ['DE_ID_CARD', 'personalausweis L01X00T479'],
  ['TR_LICENSE_PLATE', 'plaka 82 ABC 123'],
  ['CA_POSTAL_CODE', 'postal code D1A 1A1'],
  ['ZA_VAT_NUMBER', 'vat 4220119989'],
])('what breaks a rule of its scheme is no %s: %s', (entity, text) => {
  expect(masker.findSpans(text).map((span) => span.entity)).not.toContain(entity);
});

test('both ends of a range of addresses are found, and a version behind a hyphen is none', () => {
  expect(masker.findSpans('10.0.0.7-10.0.0.255').map(({ start, end }) => [start, end])).toEqual([
    [0, 8],
    [9, 19],
  ]);
  expect(masker.findSpans('linux-10.150.7.1')).toEqual([]);
});

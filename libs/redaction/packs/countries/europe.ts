import { luhn } from '../../checks/luhn.ts';
import * as check from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier, PASSPORT } from './numbered.ts';
import { phoneOf } from './phone-of.ts';

const { onDigits } = check;

/** France. */
export const FR: readonly DetectorRule[] = [
  identifier(
    'fr-nir',
    'FR_NIR',
    String.raw`[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`,
    0.9,
    ['sécurité sociale', 'nir', 'insee', 'numéro de sécu'],
    check.isNir,
  ),
  identifier('fr-passport', 'FR_PASSPORT', String.raw`\d{2}[A-Z]{2}\d{5}`, 0.3, PASSPORT),
  identifier(
    'fr-siret',
    'FR_SIRET',
    String.raw`\d{3} ?\d{3} ?\d{3} ?\d{5}`,
    0.4,
    ['siret', 'siren', 'entreprise'],
    onDigits(luhn),
  ),
  identifier(
    'fr-vat',
    'FR_VAT',
    String.raw`(?i)FR ?\d{2} ?\d{3} ?\d{3} ?\d{3}`,
    0.7,
    ['tva', 'vat'],
    (text) => isFrenchVat(text.replace(/\D/g, '')),
  ),
];

function isFrenchVat(digits: string): boolean {
  return (12 + 3 * (Number(digits.slice(2)) % 97)) % 97 === Number(digits.slice(0, 2));
}

/** Spain. */
export const ES: readonly DetectorRule[] = [
  identifier(
    'es-nif',
    'ES_NIF',
    String.raw`(?i)\d{1,2}\.?\d{3}\.?\d{3}[ -]?[A-HJ-NP-TV-Z]`,
    0.85,
    ['dni', 'nif', 'documento nacional', 'identificación'],
    (text) => /^\d{7,8}/.test(text.replace(/\./g, '')) && check.isNif(text),
  ),
  identifier(
    'es-nie',
    'ES_NIE',
    String.raw`(?i)[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]`,
    0.9,
    ['nie', 'extranjero', 'número de identificación'],
    check.isNif,
  ),
  identifier('es-passport', 'ES_PASSPORT', '(?i)[A-Z]{2,3}\\d{6}', 0.2, PASSPORT),
];

/** Italy. */
export const IT: readonly DetectorRule[] = [
  identifier(
    'it-fiscal-code',
    'IT_FISCAL_CODE',
    '(?i)[A-Z]{3} ?[A-Z]{3} ?[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2} ?[A-Z][0-9LMNPQRSTUV]{3}[A-Z]',
    0.95,
    ['codice fiscale', 'cf'],
    (text) => check.isFiscalCode(text.replaceAll(' ', '')),
  ),
  identifier(
    'it-driver-license',
    'IT_DRIVER_LICENSE',
    String.raw`(?i)[A-Z]{2}\d{7}[A-Z]|U1[A-Z0-9]{7}[A-Z]`,
    0.3,
    ['patente', 'guida', 'licenza', 'driver'],
  ),
  identifier(
    'it-vat',
    'IT_VAT_CODE',
    String.raw`(?:[Ii][Tt] ?)?(?:\d[ _]?){10}\d`,
    0.4,
    ['piva', 'partita iva', 'pi', 'vat', 'p.iva'],
    onDigits(luhn),
  ),
  identifier('it-passport', 'IT_PASSPORT', '(?i)[A-Z]{2}\\d{7}', 0.2, [...PASSPORT, 'viaggio', 'documento']),
  identifier(
    'it-identity-card',
    'IT_IDENTITY_CARD',
    String.raw`(?i)[A-Z]{2} ?\d{7}|\d{7}[A-Z]{2}|[A-Z]{2}\d{5}[A-Z]{2}`,
    0.2,
    ['carta', 'identità', 'elettronica', 'cie', 'documento', 'riconoscimento', 'identity card'],
  ),
];

/** Poland. */
export const PL: readonly DetectorRule[] = [
  identifier('pl-pesel', 'PL_PESEL', String.raw`\d{11}`, 0.6, ['pesel'], onDigits(check.isPesel)),
  identifier(
    'pl-nip',
    'PL_NIP',
    String.raw`(?:[Pp][Ll] ?)?\d{3}-?\d{2,3}-?\d{2}-?\d{2,3}`,
    0.4,
    ['nip', 'podatkowy'],
    onDigits((digits) => digits.length === 10 && isNip(digits)),
  ),
];

function isNip(digits: string): boolean {
  const weights = [6, 5, 7, 2, 3, 4, 5, 6, 7];
  return weights.reduce((sum, weight, k) => sum + weight * Number(digits[k]), 0) % 11 === Number(digits[9]);
}

/** Finland, Sweden, Norway, Denmark. */
export const NORDIC: readonly DetectorRule[] = [
  identifier(
    'fi-hetu',
    'FI_PERSONAL_IDENTITY_CODE',
    String.raw`(?i)\d{6}[+\-ABCDEFYXWVU]\d{3}[0-9A-Y]`,
    0.95,
    ['hetu', 'henkilötunnus', 'personbeteckning', 'personal identity code'],
    check.isFinnishCode,
  ),
  identifier(
    'se-personnummer',
    'SE_PERSONNUMMER',
    String.raw`(?:19|20)?\d{6}[-+]?\d{4}`,
    0.75,
    ['personnummer', 'samordningsnummer'],
    (text) => onDigits(check.isPersonnummer)(text) && (/[-+]/.test(text) ? 0.75 : 0.5),
  ),
  identifier(
    'se-organisation',
    'SE_ORGANISATIONSNUMMER',
    String.raw`\d{2}[2-9]\d{3}-?\d{4}`,
    0.5,
    ['organisationsnummer', 'orgnr', 'org.nr'],
    onDigits(luhn),
  ),
  identifier(
    'no-fodselsnummer',
    'NO_FODSELSNUMMER',
    String.raw`[0-7]\d[0-5]\d{3} ?\d{5}`,
    0.6,
    ['fødselsnummer', 'personnummer', 'fnr'],
    onDigits(isNorwegian),
  ),
  // CPR office: birth date and serial; the check digit is given up since 2007.
  identifier(
    'dk-cpr',
    'DK_CPR_NUMBER',
    String.raw`[0-3]\d[01]\d{3}[ -]?\d{4}`,
    0.4,
    ['cpr', 'personnummer'],
    (text) =>
      check.isDay(Number(text.slice(4, 6)), Number(text.slice(2, 4)), Number(text.slice(0, 2))) &&
      (text.length > 10 ? 0.4 : 0.2),
  ),
];

function isNorwegian(digits: string): boolean {
  return (
    check.divisible([3, 7, 6, 1, 8, 9, 4, 5, 2, 1], 11)(digits.slice(0, 10)) &&
    check.divisible([5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11)(digits)
  );
}

/** Netherlands, Belgium, Switzerland, Portugal, Turkey. */
export const OTHER_EUROPE: readonly DetectorRule[] = [
  identifier(
    'nl-bsn',
    'NL_BSN',
    String.raw`\d{9}|\d{4}\.\d{2}\.\d{3}`,
    0.4,
    ['bsn', 'burgerservicenummer', 'sofinummer'],
    onDigits(check.isBsn),
  ),
  identifier(
    'be-national',
    'BE_NATIONAL_NUMBER',
    String.raw`\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}`,
    0.7,
    ['rijksregister', 'registre national', 'insz', 'niss'],
    onDigits(check.isBelgianNumber),
  ),
  identifier(
    'ch-ahv',
    'CH_AHV',
    String.raw`756\.?\d{4}\.?\d{4}\.?\d{2}`,
    0.9,
    ['ahv', 'avs', 'sozialversicherung'],
    onDigits(check.isAhv),
  ),
  identifier(
    'pt-nif',
    'PT_NIF',
    String.raw`[1-35689]\d{8}`,
    0.4,
    ['nif', 'contribuinte'],
    onDigits((digits) => check.modulus11([9, 8, 7, 6, 5, 4, 3, 2])(digits)),
  ),
  identifier(
    'tr-national-id',
    'TR_NATIONAL_ID',
    String.raw`[1-9]\d{10}`,
    0.7,
    ['tc kimlik', 'kimlik', 'tckn'],
    onDigits(check.isTurkishId),
  ),
  // Road Traffic Act (KTK) article 23: province, letters without Q W X, digits.
  identifier(
    'tr-plate',
    'TR_LICENSE_PLATE',
    String.raw`(?i)(?:0[1-9]|[1-7]\d|8[01])[ -]?[A-PR-VYZ]{1,3}[ -]?\d{2,4}`,
    0.3,
    ['plaka', 'plate', 'araç', 'vehicle', 'ruhsat'],
    (text) => (/[a-z]/.test(text) ? 0.13 : 0.3),
  ),
  phoneOf('tr-phone', 'TR_PHONE_NUMBER', 'TR'),
  identifier(
    'eu-vat',
    'EU_VAT',
    String.raw`(?:ATU\d{8}|BE0?\d{9}|NL\d{9}B\d{2}|IE\d{7}[A-W][A-I]?|LU\d{8}|DK\d{8}|FI\d{8}|SE\d{12}|PT\d{9})`,
    0.45,
    ['vat', 'tax', 'mwst', 'btw', 'tva'],
  ),
];

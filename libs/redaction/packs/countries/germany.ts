import * as check from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier, PASSPORT } from './numbered.ts';

const { onDigits } = check;

/** Germany. */
export const DE: readonly DetectorRule[] = [
  identifier(
    'de-tax-id',
    'DE_TAX_ID',
    String.raw`\d{2} ?\d{3} ?\d{3} ?\d{3}`,
    0.6,
    [
      'steuer',
      'steuer-id',
      'steueridentifikationsnummer',
      'steuerliche identifikationsnummer',
      'idnr',
      'tin',
      'tax id',
      'tax',
    ],
    onDigits(check.isGermanTaxId),
  ),
  identifier('de-tax-number', 'DE_TAX_NUMBER', String.raw`\d{2,3}/\d{3,4}/\d{4,5}|\d{13}`, 0.35, [
    'steuernummer',
    'st.-nr',
    'stnr',
    'steuer-nr',
    'finanzamt',
    'tax number',
  ]),
  identifier(
    'de-id-card',
    'DE_ID_CARD',
    String.raw`[LMNPRTVWXYCFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}\d?D?|T\d{8}`,
    0.2,
    ['personalausweis', 'ausweis', 'ausweisnummer', 'identity card', 'id card', 'perso'],
    isGermanDocument,
  ),
  identifier(
    'de-passport',
    'DE_PASSPORT',
    String.raw`[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}\d?`,
    0.2,
    PASSPORT,
    isGermanDocument,
  ),
  identifier(
    'de-social-security',
    'DE_SOCIAL_SECURITY',
    String.raw`\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}`,
    0.55,
    [
      'sozialversicherung',
      'rentenversicherung',
      'versicherungsnummer',
      'svnr',
      'rvnr',
      'rv-nummer',
      'social security',
    ],
    isPensionNumber,
  ),
  identifier(
    'de-health-insurance',
    'DE_HEALTH_INSURANCE',
    String.raw`[A-Z]\d{9}`,
    0.45,
    ['krankenvers', 'krankenkasse', 'versichertennummer', 'kvnr', 'gesundheitskarte', 'health insurance'],
    isKvnr,
  ),
  identifier(
    'de-vat-id',
    'DE_VAT_ID',
    String.raw`(?i)DE ?\d{3} ?\d{3} ?\d{3}`,
    0.7,
    ['ust-id', 'ust-idnr', 'umsatzsteuer', 'vat'],
    onDigits(check.isMod11_10),
  ),
  identifier('de-handelsregister', 'DE_HANDELSREGISTER', String.raw`(?i)HR[AB] ?\d{1,6}(?: ?[A-Z])?`, 0.55, [
    'handelsregister',
    'registergericht',
    'amtsgericht',
    'commercial register',
  ]),
  identifier('de-driver-license', 'DE_FUEHRERSCHEIN', String.raw`[A-Z]\d{2}[A-Z\d]{6}\d[A-Z\d]`, 0.2, [
    'führerschein',
    'fuehrerschein',
    'fahrerlaubnis',
    'driving licence',
    'driver license',
  ]),
  identifier('de-kfz', 'DE_KFZ', String.raw`[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2} ?\d{1,4}[EH]?`, 0.25, [
    'kennzeichen',
    'kfz',
    'fahrzeug',
    'nummernschild',
    'license plate',
    'auto',
  ]),
  // KBV: six digits, a check digit (weights 4 and 9), the specialty.
  identifier(
    'de-lanr',
    'DE_LANR',
    String.raw`\d{9}`,
    0.3,
    ['lanr', 'arztnummer', 'lebenslange arztnummer', 'arzt'],
    onDigits(check.divisible([4, 9, 4, 9, 4, 9, 1, 0, 0], 10)),
  ),
  identifier(
    'de-bsnr',
    'DE_BSNR',
    String.raw`\d{9}`,
    0.15,
    ['bsnr', 'betriebsstättennummer', 'betriebsstaettennummer', 'praxis'],
    onDigits((digits) => !digits.startsWith('00')),
  ),
  // Deutsche Post: 01001 to 99998.
  identifier(
    'de-plz',
    'DE_PLZ',
    String.raw`\d{5}`,
    0.14,
    ['plz', 'postleitzahl', 'postal code'],
    (text) => text > '01000' && text < '99999',
  ),
];

/** ICAO 9303: nine characters, and the check digit of the machine-readable zone where that is written too. */
function isGermanDocument(text: string): boolean {
  if (!/\d/.test(text)) return false;
  const digit = text[9];
  return digit === undefined || digit === 'D' || check.mrzDigit(text.slice(0, 9)) === Number(digit);
}

/** VDR: area, birth date, initial, serial and check digit; the letter counts as two digits. */
function isPensionNumber(text: string): boolean {
  const plain = text.replace(/ /g, '');
  const letter = String(plain.charCodeAt(8) - 64).padStart(2, '0');
  const digits = plain.slice(0, 8) + letter + plain.slice(9, 11);
  const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
  const sum = weights.reduce((total, weight, k) => total + crossSum(weight * Number(digits[k])), 0);
  return sum % 10 === Number(plain[11]);
}

/** GKV: letter as two digits, alternating weights 1 2, cross sums. */
function isKvnr(text: string): boolean {
  const digits = String(text.charCodeAt(0) - 64).padStart(2, '0') + text.slice(1, 9);
  const sum = [...digits].reduce(
    (total, digit, k) => total + crossSum(Number(digit) * (k % 2 === 0 ? 1 : 2)),
    0,
  );
  return sum % 10 === Number(text[9]);
}

function crossSum(number: number): number {
  return Math.floor(number / 10) + (number % 10);
}

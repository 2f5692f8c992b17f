import { isDeaNumber, isNpi, isRoutingNumber, onDigits } from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { SSN } from '../core.ts';
import { identifier } from './numbered.ts';

const BANK = [
  'bank',
  'account',
  'acct',
  'account#',
  'acct#',
  'save',
  'debit',
  'checking',
  'savings',
  'deposit',
];
const LICENCE = [
  'driver',
  'drivers',
  'license',
  'licence',
  'permit',
  'dl',
  'dl#',
  'lic',
  'lic#',
  'dls',
  'cdls',
  'driving',
];
const PASSPORT = ['passport', 'passport#', 'travel document'];
const MBI = '[AC-HJKMNP-RT-Y]';

/** United States. */
export const US: readonly DetectorRule[] = [
  SSN,
  // IRS: individual taxpayer identification numbers, group 50–65, 70–88, 90–92, 94–99.
  identifier(
    'us-itin-dashed',
    'US_ITIN',
    String.raw`9\d{2}[- ](?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[- ]\d{4}`,
    0.55,
    ITIN(),
  ),
  identifier(
    'us-itin',
    'US_ITIN',
    String.raw`9\d{2}(?:[- ]?)(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[- ]?\d{4}`,
    0.25,
    ITIN(),
  ),
  identifier('us-bank', 'US_BANK_NUMBER', String.raw`\d{8,17}`, 0.15, BANK),
  identifier(
    'us-aba',
    'ABA_ROUTING_NUMBER',
    String.raw`(?:[0-3678]\d{8}|[0-3678]\d{3}-\d{4}-\d)`,
    0.4,
    ['aba', 'routing', 'bank', 'abarouting', 'association', 'bankrouting', 'rtn', 'transit'],
    onDigits(isRoutingNumber),
  ),
  identifier('us-passport', 'US_PASSPORT', String.raw`\d{9}|[A-Za-z]\d{8}`, 0.15, PASSPORT),
  identifier(
    'us-driver-license-letters',
    'US_DRIVER_LICENSE',
    String.raw`[A-Za-z]\d{5,14}|[A-Za-z]\d{18}|[A-Za-z]{2}\d{3,7}|[A-Za-z]{3}\d{6}|\d{2}[A-Za-z]{3}\d{5,6}|\d{3}[A-Za-z]{2}\d{4}|\d{3}[A-Za-z]\d{6}|[A-Za-z]\d{5,6}[A-Za-z]|[A-Za-z]\d[A-Za-z]\d[A-Za-z]|\d{7}[A-Za-z]|\d{9}[A-Za-z]|\d{8}[A-Za-z]{2}|[A-Za-z]{1,7}\**[A-Za-z]?\**\d{3}[A-Za-z\d]{2}|WDL[A-Z0-9]{9}|[A-Z0-9]{1,8}\*{1,6}[A-Z0-9*]{1,8}`,
    0.25,
    LICENCE,
    (text) =>
      text.length >= 5 &&
      text.length <= 19 &&
      (!text.includes('*') || text.length === 12) &&
      (/^WDL/.test(text) || (text.match(/\d/g) ?? []).length >= 3),
  ),
  identifier('us-driver-license-digits', 'US_DRIVER_LICENSE', String.raw`\d{6,14}|\d{16}`, 0.13, LICENCE),
  // DEA practitioner's manual: registration number.
  identifier(
    'us-dea',
    'MEDICAL_LICENSE',
    '[A-HJ-MPR-UXa-hj-mpr-ux][A-Za-z9]\\d{7}',
    0.95,
    ['medical', 'certificate', 'dea', 'registration'],
    isDeaNumber,
  ),
  // CMS: national provider identifier, Luhn with the prefix 80840.
  identifier(
    'us-npi',
    'US_NPI',
    String.raw`[12]\d{9}|[12]\d{3}[ -]\d{3}[ -]\d{3}`,
    0.4,
    ['npi', 'provider', 'national provider', 'physician', 'practitioner'],
    onDigits(isNpi),
  ),
  // CMS: Medicare beneficiary identifier.
  identifier(
    'us-mbi',
    'US_MBI',
    `(?i)[1-9]${MBI}(?:${MBI}|\\d)\\d[ -]${MBI}(?:${MBI}|\\d)\\d[ -]${MBI}{2}\\d{2}`,
    0.75,
    ['medicare', 'mbi', 'beneficiary'],
  ),
  identifier(
    'us-mbi-plain',
    'US_MBI',
    `(?i)[1-9]${MBI}(?:${MBI}|\\d)\\d${MBI}(?:${MBI}|\\d)\\d${MBI}{2}\\d{2}`,
    0.45,
    ['medicare', 'mbi', 'beneficiary'],
  ),
];

function ITIN(): string[] {
  return ['itin', 'taxpayer', 'tax id', 'individual', 'taxid', 'tin'];
}

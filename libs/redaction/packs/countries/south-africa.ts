import { luhn } from '../../checks/luhn.ts';
import { onDigits, startsWithDay } from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier } from './numbered.ts';
import { phoneOf } from './phone-of.ts';

const isId = onDigits((digits) => digits.length === 13 && startsWithDay(digits) && luhn(digits));

/** SARS checks reference numbers by modulus 10; one that fails is hardly one. */
const reference = (text: string) => (onDigits(luhn)(text) ? 0.4 : 0.1);

const PLATE = ['plate', 'licence plate', 'license plate', 'number plate', 'vehicle', 'registration', 'car'];
const PROVINCE = '(?:GP|ZN|WP|MP|NW|NC|FS|EC|L)';

/** South Africa. */
export const ZA: readonly DetectorRule[] = [
  // Department of Home Affairs: birth date, sequence, citizenship, Luhn.
  identifier(
    'za-id',
    'ZA_ID_NUMBER',
    String.raw`\d{10}[01]\d{2}|\d{6} \d{4} [01]\d{2}`,
    0.5,
    ['id number', 'identity number', 'rsa id', 'sa id', 'south african'],
    isId,
  ),
  identifier('za-passport', 'ZA_PASSPORT', String.raw`(?i)[ADMT]\d{8}`, 0.25, [
    'passport',
    'travel document',
  ]),
  identifier(
    'za-income-tax',
    'ZA_INCOME_TAX_NUMBER',
    String.raw`[01239]\d{9}|[01239]\d{3}/\d{3}/\d{2}/\d`,
    0.4,
    ['income tax', 'tax reference', 'tax number', 'tax ref', 'sars'],
    reference,
  ),
  identifier('za-vat', 'ZA_VAT_NUMBER', String.raw`4\d{9}`, 0.4, ['vat', 'value added', 'sars'], reference),
  // eNaTIS: ten to fourteen digits and capitals.
  identifier(
    'za-driver-license',
    'ZA_DRIVER_LICENSE',
    '[0-9A-Z]{10,14}',
    0.13,
    ['driver', 'drivers', 'driving', 'licence', 'license'],
    (text) => /[A-Z]/.test(text) && (text.match(/\d/g) ?? []).length >= 4,
  ),
  // Companies Act 71 of 2008 (CIPC): year, serial, kind of entity; close corporations before it begin with CK.
  identifier(
    'za-company',
    'ZA_COMPANY_REGISTRATION',
    String.raw`(?:19|20)\d{2}/\d{6}/(?:0[6-9]|1[0-2]|2[0-6]|3[01])|(?:CK|K|B|M|IC) ?(?:(?:19|20)\d{2}|\d{2})/?\d{5,6}(?:/\d{2})?`,
    0.6,
    ['company', 'registration', 'cipc', 'reg no'],
    (text) => (text.includes('/') ? 0.6 : 0.3),
  ),
  identifier(
    'za-traffic-register',
    'ZA_TRAFFIC_REGISTER_NUMBER',
    String.raw`\d{13}`,
    0.13,
    ['traffic register', 'traffic registration', 'trn', 'enatis'],
    (text) => !isId(text),
  ),
  // Provincial series under the National Road Traffic Act 93 of 1996: letters and figures, then the province; the
  // Western Cape and KwaZulu-Natal put a town's letters before a number.
  identifier(
    'za-plate',
    'ZA_LICENSE_PLATE',
    String.raw`[A-Z]{2,3}[ -]?\d{2,3}[ -]?(?:[A-Z]{2}[ -]?)?${PROVINCE}|[CN][A-Z]{1,3} ?\d{1,3}[ -]?\d{3}`,
    0.35,
    PLATE,
    (text) => (new RegExp(`${PROVINCE}$`).test(text) ? 0.35 : 0.2),
  ),
  phoneOf('za-mobile', 'ZA_MOBILE_NUMBER', 'ZA', ['MOBILE']),
  phoneOf('za-telephone', 'ZA_TELEPHONE_NUMBER', 'ZA', [
    'FIXED_LINE',
    'TOLL_FREE',
    'SHARED_COST',
    'PREMIUM_RATE',
    'VOIP',
    'UAN',
  ]),
];

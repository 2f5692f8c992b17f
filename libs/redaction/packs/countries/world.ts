import * as check from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier } from './numbered.ts';
import { phoneOf } from './phone-of.ts';
import { ZA } from './south-africa.ts';

const { onDigits } = check;

/** Thailand, China, South Africa, Nigeria, Philippines. */
export const OTHER_WORLD: readonly DetectorRule[] = [
  identifier(
    'th-tnin',
    'TH_TNIN',
    String.raw`\d(?:-\d{4}-\d{5}-\d{2}-| \d{4} \d{5} \d{2} |\d{11})\d`,
    0.6,
    ['thai', 'national id', 'tnin', 'เลขประจำตัวประชาชน'],
    onDigits(check.isThaiId),
  ),
  identifier(
    'cn-resident-id',
    'CN_RESIDENT_ID',
    String.raw`[1-8]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[0-9Xx]`,
    0.95,
    ['身份证'],
    check.isChineseId,
  ),
  // NIMC: eleven digits, the last one Verhoeff's.
  identifier(
    'ng-nin',
    'NG_NIN',
    String.raw`\d{11}`,
    0.4,
    ['nin', 'national identification number', 'nimc'],
    onDigits(check.isVerhoeff),
  ),
  identifier('ng-vehicle', 'NG_VEHICLE_REGISTRATION', String.raw`[A-Z]{3}[- ]?\d{3}[- ]?[A-Z]{2}`, 0.3, [
    'plate',
    'vehicle',
    'registration',
    'car',
  ]),
  // BIR: nine digits, with a branch code of three to five; the check digit's scheme isn't published.
  identifier(
    'ph-tin',
    'PH_TIN',
    String.raw`\d{3}([ -])\d{3}[ -]\d{3}(?:[ -]\d{3,5})?|\d{9}|\d{12}`,
    0.35,
    ['tin', 'taxpayer', 'tax identification', 'bir'],
    (text) => (/\D/.test(text) ? 0.35 : 0.13),
  ),
  // SSS: common reference number.
  identifier(
    'ph-umid',
    'PH_UMID',
    String.raw`\d{4}-\d{7}-\d|\d{12}`,
    0.45,
    ['umid', 'crn', 'common reference', 'unified multi-purpose'],
    (text) => (text.includes('-') ? 0.45 : 0.13),
  ),
  identifier('ph-philhealth', 'PH_PHILHEALTH', String.raw`\d{2}-\d{9}-\d`, 0.45, ['philhealth', 'phic']),
  identifier('ph-passport', 'PH_PASSPORT', String.raw`[A-Z]\d{7}[A-Z]|[A-Z]{2}\d{7}`, 0.2, ['passport']),
  phoneOf('ph-mobile', 'PH_MOBILE_NUMBER', 'PH', ['MOBILE', 'FIXED_LINE_OR_MOBILE']),
  ...ZA,
];

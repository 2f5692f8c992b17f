import { luhn } from '../../checks/luhn.ts';
import * as check from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier } from './numbered.ts';

const { onDigits } = check;

/** Singapore. */
export const SG: readonly DetectorRule[] = [
  identifier(
    'sg-nric',
    'SG_NRIC_FIN',
    String.raw`(?i)[STFGM]\d{7}[A-Z]`,
    0.9,
    ['nric', 'fin', 'singapore', 'identity card'],
    (text) => (check.isNric(text) ? 0.9 : 0.5),
  ),
  identifier(
    'sg-uen',
    'SG_UEN',
    String.raw`(?i)(?:19|20)\d{2}\d{5}[A-Z]|\d{8}[A-Z]|[TSR]\d{2}[A-Z][A-Z0-9]\d{4}[A-Z]`,
    0.6,
    ['uen', 'unique entity', 'business registration', 'acra'],
    (text) => check.isUen(text.toUpperCase()),
  ),
];

/** A one-digit check passes one number in ten; with the printed spaces as well it is likely enough. */
function spaced(digitsCheck: (digits: string) => boolean) {
  const valid = onDigits(digitsCheck);
  return (text: string) => valid(text) && (/[ -]/.test(text) ? 0.55 : 0.4);
}

/** Australia. */
export const AU: readonly DetectorRule[] = [
  identifier(
    'au-abn',
    'AU_ABN',
    String.raw`\d{2}[ -]?\d{3}[ -]?\d{3}[ -]?\d{3}`,
    0.6,
    ['abn', 'australian business number'],
    onDigits(check.isAbn),
  ),
  identifier(
    'au-acn',
    'AU_ACN',
    String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    0.4,
    ['acn', 'australian company number'],
    spaced(check.isAcn),
  ),
  identifier(
    'au-tfn',
    'AU_TFN',
    String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    0.4,
    ['tfn', 'tax file number'],
    spaced(check.isTfn),
  ),
  identifier(
    'au-medicare',
    'AU_MEDICARE',
    String.raw`[2-6]\d{3}[ -]?\d{5}[ -]?\d`,
    0.4,
    ['medicare'],
    spaced(check.isMedicare),
  ),
];

const PLATE = ['vehicle', 'registration', 'rto', 'plate', 'car'];

/** India. */
export const IN: readonly DetectorRule[] = [
  identifier('in-pan', 'IN_PAN', String.raw`(?i)[A-Z]{3}[ABCFGHJLPTK][A-Z]\d{4}[A-Z]`, 0.7, [
    'pan',
    'permanent account number',
    'income tax',
  ]),
  identifier('in-pan-shape', 'IN_PAN', String.raw`(?i)[A-Z]{5}\d{4}[A-Z]`, 0.4, [
    'pan',
    'permanent account number',
    'income tax',
  ]),
  identifier(
    'in-aadhaar',
    'IN_AADHAAR',
    String.raw`[2-9]\d{3}([ :-]?)\d{4}[ :-]?\d{4}`,
    0.6,
    ['aadhaar', 'aadhar', 'uidai'],
    onDigits(check.isVerhoeff),
  ),
  identifier(
    'in-vehicle',
    'IN_VEHICLE_REGISTRATION',
    String.raw`[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}|\d{2} ?BH ?\d{4} ?[A-Z]{1,2}`,
    0.5,
    PLATE,
    (text) => INDIAN_STATES.test(text),
  ),
  identifier(
    'in-vehicle-lower',
    'IN_VEHICLE_REGISTRATION',
    String.raw`[a-z]{2}[ -]?\d{1,2}[ -]?[a-z]{1,3}[ -]?\d{4}`,
    0.2,
    PLATE,
    (text) => INDIAN_STATES.test(text.toUpperCase()),
  ),
  // Plates before 1989, of the services and of missions, as the Motor Vehicles Rules and state orders describe them.
  identifier(
    'in-vehicle-other',
    'IN_VEHICLE_REGISTRATION',
    String.raw`\d{1,3} ?(?:CD|CC|UN) ?[1-9]\d{0,3}|\d{2} ?[A-HKPRX] ?\d{6} ?[A-Z]`,
    0.4,
    PLATE,
  ),
  identifier(
    'in-vehicle-old',
    'IN_VEHICLE_REGISTRATION',
    String.raw`[A-Z]{1,3} ?\d{4}|I\d{5}`,
    0.05,
    PLATE,
    (text) => !text.endsWith('0000') && (/^[A-Z]{3}/.test(text) ? 0.15 : 0.05),
  ),
  identifier('in-voter', 'IN_VOTER', String.raw`(?i)[A-Z]{3}\d{7}`, 0.35, [
    'voter',
    'epic',
    'elector',
    'election',
  ]),
  identifier('in-passport', 'IN_PASSPORT', String.raw`(?i)[A-PR-WY][1-9]\d ?\d{4}[1-9]`, 0.2, [
    'passport',
    'travel document',
  ]),
  identifier(
    'in-gstin',
    'IN_GSTIN',
    String.raw`(?i)(?:[0-3]\d|9[79])[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]`,
    0.6,
    ['gst', 'gstin'],
    // CBIC: state codes 01 to 38, 97 and 99.
    (text) => !/^(?:00|39)/.test(text) && (check.isGstin(text) ? 0.95 : 0.55),
  ),
];

const INDIAN_STATES =
  /^(?:A[NPRS]|BR|C[GH]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[AD]|M[HLNPZ]|N[L]|O[DR]|P[BY]|RJ|SK|T[GNRS]|U[AKP]|WB|\d\d)/;

/** Korea. */
export const KR: readonly DetectorRule[] = [
  identifier(
    'kr-rrn',
    'KR_RRN',
    String.raw`\d{6}-?[0-49]\d{6}`,
    0.6,
    ['주민등록번호', '주민번호', 'rrn', 'resident registration'],
    resident,
  ),
  identifier(
    'kr-frn',
    'KR_FRN',
    String.raw`\d{6}-?[5-8]\d{6}`,
    0.6,
    ['외국인등록번호', 'frn', 'foreigner registration', 'alien registration'],
    resident,
  ),
  identifier(
    'kr-brn',
    'KR_BRN',
    String.raw`\d{3}-?\d{2}-?\d{5}`,
    0.45,
    ['사업자등록번호', 'brn', 'business registration'],
    onDigits(check.isBrn),
  ),
  identifier(
    'kr-driver-license',
    'KR_DRIVER_LICENSE',
    String.raw`(?:1[1-9]|2[0-68])-?\d{2}-?\d{6}-?\d{2}`,
    0.35,
    ['운전면허', 'driver', 'license'],
  ),
  identifier('kr-passport', 'KR_PASSPORT', String.raw`(?i)[MSROD](?:\d{8}|\d{3}[A-Z]\d{4})`, 0.25, [
    '여권',
    'passport',
  ]),
];

function resident(text: string): number | false {
  const digits = text.replace(/\D/g, '');
  if (!check.isRrn(digits)) return false;
  return check.hasRrnCheck(digits) ? 0.9 : text.includes('-') ? 0.5 : 0.3;
}

/** Canada, Brazil, Mexico. */
export const AMERICAS: readonly DetectorRule[] = [
  identifier(
    'ca-sin',
    'CA_SIN',
    String.raw`[1-79]\d{2}(?:[ -]\d{3}[ -]|\d{3})\d{3}`,
    0.5,
    ['sin', 'social insurance', 'numéro d’assurance sociale', 'nas'],
    (text) => onDigits(luhn)(text) && (text.length > 9 ? 0.6 : 0.35),
  ),
  // Canada Post: no D F I O Q U, and neither W nor Z in front.
  identifier(
    'ca-postal-code',
    'CA_POSTAL_CODE',
    String.raw`(?i)[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d`,
    0.4,
    ['postal', 'postcode', 'code postal', 'zip', 'address', 'adresse'],
    (text) => (text.length > 6 ? 0.4 : 0.2),
  ),
  identifier(
    'br-cpf',
    'BR_CPF',
    String.raw`\d{3}\.?\d{3}\.?\d{3}-?\d{2}`,
    0.6,
    ['cpf'],
    (text) => onDigits(check.isCpf)(text) && (text.length > 11 ? 0.9 : 0.5),
  ),
  identifier(
    'br-cnpj',
    'BR_CNPJ',
    String.raw`\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}`,
    0.6,
    ['cnpj'],
    onDigits(check.isCnpj),
  ),
  identifier(
    'mx-curp',
    'MX_CURP',
    String.raw`[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\d`,
    0.9,
    ['curp'],
  ),
];

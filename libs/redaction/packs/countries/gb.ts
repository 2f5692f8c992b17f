import { isNhsNumber, onDigits } from '../../checks/national.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { identifier } from './numbered.ts';

const POSTCODE = String.raw`(?i)(?:GIR ?0AA|(?:[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPSTUW])) ?\d[ABD-HJLNP-UW-Z]{2})`;

/** United Kingdom. */
export const GB: readonly DetectorRule[] = [
  identifier(
    'gb-nhs',
    'UK_NHS',
    String.raw`\d{3}[ -]\d{3}[ -]\d{4}|\d{10}`,
    0.6,
    ['nhs', 'national health service', 'health services authority', 'health authority', 'patient'],
    (text) => onDigits(isNhsNumber)(text) && (text.length > 10 ? 0.7 : 0.5),
  ),
  // HMRC manual NIM39110: prefixes BG GB KN NK NT TN ZZ are not used, nor D F I Q U V and a second O.
  identifier(
    'gb-nino',
    'UK_NINO',
    String.raw`(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]`,
    0.75,
    ['national insurance', 'ni number', 'nino'],
    (text) => !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/i.test(text),
  ),
  identifier('gb-passport', 'UK_PASSPORT', String.raw`(?i)[A-Z]{2}\d{7}|\d{9}`, 0.15, [
    'passport',
    'travel document',
    'hmpo',
  ]),
  identifier('gb-postcode', 'UK_POSTCODE', POSTCODE, 0.25, [
    'postcode',
    'post code',
    'postal',
    'address',
    'zip',
  ]),
  // DVLA: five of the surname, birth date with the month's 5 for women, initials, check.
  identifier(
    'gb-driving-licence',
    'UK_DRIVING_LICENCE',
    String.raw`(?i)[A-Z9]{5}\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9]{3}`,
    0.7,
    ['driving', 'licence', 'license', 'dvla', 'driver'],
    (text) => /^[A-Z]+9*\d/i.test(text),
  ),
  identifier(
    'gb-vehicle',
    'UK_VEHICLE_REGISTRATION',
    String.raw`[A-Z]{2}\d{2} ?[A-HJ-PR-Z]{3}|[A-Z]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-Z]|[a-z]{2}\d{2} ?[a-hj-pr-z]{3}`,
    0.2,
    [
      'vehicle',
      'registration',
      'number plate',
      'licence plate',
      'license plate',
      'reg',
      'car',
      'vrn',
      'dvla',
    ],
    (text) => (/[a-z]/.test(text) ? 0.13 : 0.2),
  ),
];

import { digitsOf, isRepeated, luhn } from './luhn.ts';

/** Issuer ranges and lengths (ISO/IEC 7812 registrations, as the networks publish them). */
const ISSUERS: ReadonlyArray<readonly [RegExp, readonly number[]]> = [
  [/^4/, [13, 16, 19]],
  [/^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16]],
  [/^3[47]/, [15]],
  [/^3(0[0-5]|095|[689])/, [14, 15, 16, 17, 18, 19]],
  [/^(6011|64[4-9]|65|622)/, [16, 17, 18, 19]],
  [/^35(2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(5018|5020|5038|5893|6304|6759|676[1-3]|6[0-9]|50|5[6-9])/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^(1)/, [15]],
];

/** A payment card number: issuer range, length and check digit. */
export function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (isRepeated(digits) || !luhn(digits)) return false;
  return ISSUERS.some(([range, lengths]) => range.test(digits) && lengths.includes(digits.length));
}

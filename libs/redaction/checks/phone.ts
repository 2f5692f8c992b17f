import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Check } from '../rule.ts';
import { digitsOf, isRepeated } from './luhn.ts';

const INTERNATIONAL = 0.75;
const STRUCTURED = 0.65;
const TRUNK_PREFIX = 0.55;
const SEPARATED = 0.35;
const DIGITS_ONLY = 0.3;
const MAX_REMEMBERED = 4_096;

/**
 * A number some region's plan assigns (ITU-T E.164 and the national plans, as libphonenumber holds them). A plus sign
 * or two groups after a bracketed area code says "phone"; digits alone say so only with a word before them.
 */
export function phoneCheck(regions: readonly string[]): Check {
  const known = new Map<string, boolean>();
  const countries = regions.filter((region): region is CountryCode => isSupportedCountry(region));
  return (text, isEnough) => {
    const number = text.replace(/[,\s]*(?:ext|x|#).*$/i, '');
    const score = shapeScore(number);
    if (score === 0 || !isEnough(score)) return false;
    const remembered = known.get(number);
    const valid = remembered ?? isAssigned(number, countries);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(number, valid);
    return valid && score;
  };
}

/** How much the number looks like one, before asking whether it exists. */
function shapeScore(number: string): number {
  const digits = digitsOf(number);
  if (digits.length < 7 || digits.length > 15 || isRepeated(digits) || !isWellFormed(number)) return 0;
  if (number.startsWith('+')) return INTERNATIONAL;
  return number.startsWith('00') ? TRUNK_PREFIX : nationalScore(number);
}

function isAssigned(number: string, countries: readonly CountryCode[]): boolean {
  if (number.startsWith('+')) return isValid(number);
  if (number.startsWith('00') && isValid(`+${number.slice(2)}`)) return true;
  return countries.some((country) => isValid(number, country));
}

function isValid(number: string, country?: CountryCode): boolean {
  return parsePhoneNumberFromString(number, country)?.isValid() === true;
}

/** Brackets in pairs, no date, no list of small or decimal numbers, no version, no dump of zeros. */
function isWellFormed(number: string): boolean {
  const mixed = number.includes('.') && / \d/.test(number) && !number.startsWith('+');
  if (mixed || digitsOf(number).includes('000000')) return false;
  if (DATE.test(number) || !/^[^()]*(?:\([^()]+\)[^()]*)?$/.test(number)) return false;
  const groups = number.split(/\D+/).filter((group) => group !== '');
  const small = groups.filter((group) => group.length === 1).length;
  const trunk = /^\(?0/.test(number) || number.startsWith('+');
  if (small > (trunk ? 2 : 1) || (small === 1 && !trunk && groups[0] !== '1')) return false;
  return groups.length <= (trunk ? 8 : 5);
}

const NANP =
  /^(?:1[ .-]?)?(?:\(\d{3}\)[ .-]{0,2}\d{3}[ .-]?\d{4}|\d{3}([.-])\d{3}\1\d{4}|\d{3} \d{3}[ -]\d{4}|\d{3}[/ ]\d{3}-\d{4})$/;

function nationalScore(number: string): number {
  if (NANP.test(number) || /^\(\d{2,5}\) ?\d/.test(number)) return STRUCTURED;
  const groups = number.split(/\D+/).filter((group) => group !== '');
  const separators = new Set(number.match(/[ .\-/]/g));
  if (groups.length < 2) return DIGITS_ONLY;
  const plausible = separators.size <= 2 && groups.every((group) => group.length <= 8);
  return plausible && groups[0]!.startsWith('0') && groups[0]!.length >= 2 ? TRUNK_PREFIX : SEPARATED;
}

const DATE =
  /(?:^|\D)(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d[-./ ][0-3]?\d[-./ ](?:19|20)\d\d|(?:19|20)\d\d[- /](?:19|20)\d\d)(?:\D|$)/;

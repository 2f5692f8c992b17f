import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Verdict } from '../rule.ts';
import { digitsOf, isRepeated } from './luhn.ts';

const INTERNATIONAL = 0.75;
const NATIONAL_WITH_AREA_CODE_SIGNS = 0.65;
const NATIONAL_SEPARATED = 0.55;
const NATIONAL_DIGITS_ONLY = 0.3;
const MAX_REMEMBERED = 4_096;

/**
 * A number some region's plan assigns (ITU-T E.164 and the national plans, as libphonenumber holds them). A plus sign
 * or two groups after a bracketed area code says "phone"; digits alone say so only with a word before them.
 */
export function phoneCheck(regions: readonly string[]): (text: string) => Verdict {
  const known = new Map<string, Verdict>();
  const countries = regions.filter((region): region is CountryCode => isSupportedCountry(region));
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const verdict = judge(text, countries);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, verdict);
    return verdict;
  };
}

function judge(text: string, countries: readonly CountryCode[]): Verdict {
  const digits = digitsOf(text.replace(/(?:ext|x|#).*$/i, ''));
  if (digits.length < 7 || digits.length > 15 || isRepeated(digits) || looksLikeDate(text)) return false;
  if (text.startsWith('+')) return parsePhoneNumberFromString(text)?.isValid() ? INTERNATIONAL : false;
  if (text.startsWith('00') && parsePhoneNumberFromString(`+${text.slice(2)}`)?.isValid())
    return NATIONAL_SEPARATED;
  const valid = countries.some((country) => parsePhoneNumberFromString(text, country)?.isValid() === true);
  return valid && nationalScore(text);
}

function nationalScore(text: string): number {
  if (/^\(\d{2,5}\)/.test(text)) return NATIONAL_WITH_AREA_CODE_SIGNS;
  const groups = text.split(/\D+/).filter((group) => group.length > 0);
  const separators = new Set(text.match(/[ .\-/]/g));
  if (groups.length < 2 || separators.size > 2) return NATIONAL_DIGITS_ONLY;
  const telephoneLike = groups.length >= 3 || /^0/.test(text);
  return telephoneLike && groups.every((group) => group.length <= 8)
    ? NATIONAL_SEPARATED
    : NATIONAL_DIGITS_ONLY;
}

const DATE =
  /^(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d[-./ ][0-3]?\d[-./ ](?:19|20)\d\d)(?:\D|$)/;

function looksLikeDate(text: string): boolean {
  return DATE.test(text) || /^(?:19|20)\d\d[- ](?:19|20)\d\d$/.test(text);
}

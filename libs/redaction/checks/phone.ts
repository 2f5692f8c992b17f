import type { Check } from '../rule.ts';
import { digitsOf, isRepeated } from './luhn.ts';
import { type Assignment, assignedIn } from './phone-plan.ts';

const INTERNATIONAL = 0.75;
const STRUCTURED = 0.65;
const TRUNK_PREFIX = 0.55;
const BARE_NATIONAL = 0.5;
const GROUPED = 0.5;
const SEPARATED = 0.35;
const DIGITS_ONLY = 0.3;
const MAX_REMEMBERED = 4_096;

/**
 * A number some region's plan assigns. A plus sign, two groups after a bracketed area code, or the groups of the plan
 * say "phone"; digits alone say so only with a word before them.
 */
export function phoneCheck(regions: readonly string[]): Check {
  const known = new Map<string, Assignment>();
  const isAssigned = assignedIn(regions);
  return (text, isEnough, { left, isLongest }) => {
    const number = text.replace(/[,\s]*(?:ext|x|#).*$/i, '').replace(TRUNK_ZERO, '$1');
    const shape = shapeScore(number);
    const isInList = (shape === SEPARATED || shape === TRUNK_PREFIX) && IN_A_LIST.test(left());
    const score = isInList ? Math.min(shape, SEPARATED) : shape;
    const mayBeGrouped = shape === SEPARATED && !isInList && isLongest && isDistinct(number);
    const most = mayBeGrouped ? GROUPED : score;
    if (score === 0 || !isEnough(most)) return false;
    const assignment = known.get(number) ?? isAssigned(number);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(number, assignment);
    if (assignment === 'none') return false;
    return assignment === 'grouped' ? most : score;
  };
}

/** More numbers, or bytes in hexadecimal, directly before: a list or a dump. */
const IN_A_LIST = /\d[a-f]?[ ,;|/-]{1,2}$/i;

/** Not what a decimal number, a version or a small table looks like. */
function isDistinct(number: string): boolean {
  const groups = number.split(/\D+/);
  return digitsOf(number).length >= 8 && (!number.includes('.') || groups.length >= 4);
}

/** +49 (0) 30 …: the zero is dialled inside the country only (ITU-T E.123 warns against writing it; people do). */
const TRUNK_ZERO = /^((?:\+|00)\d{1,3}[ .-]?)\(0\)[ .-]?/;

/** How much the number looks like one, before asking whether it exists. */
function shapeScore(number: string): number {
  const digits = digitsOf(number);
  if (digits.length < 7 || digits.length > 15 || isRepeated(digits) || !isWellFormed(number)) return 0;
  if (number.startsWith('+')) return INTERNATIONAL;
  return number.startsWith('00') ? TRUNK_PREFIX : nationalScore(number);
}

/** Brackets in pairs, no date, no list of small or decimal numbers, no version, no dump of zeros. */
function isWellFormed(number: string): boolean {
  const mixed = number.includes('.') && / \d/.test(number) && !number.startsWith('+');
  if (mixed || digitsOf(number).includes('000000')) return false;
  if (DATE.test(number) || !/^[^()]*(?:\([^()]+\)[^()]*)?$/.test(number)) return false;
  const groups = number.split(/\D+/).filter((group) => group !== '');
  const small = groups.filter((group) => group.length === 1).length;
  const trunk = /^\(?0/.test(number) || number.startsWith('+');
  if (small > (trunk ? 2 : 1) || (small === 1 && !trunk && !LEADING_DIGIT.test(number))) return false;
  return groups.length <= (trunk ? 8 : 5);
}

/** North America's country code; the digit that mobile numbers begin with in Chile and Brazil. */
const LEADING_DIGIT = /^1|^9 \d{4} \d{4}$/;

const NANP =
  /^(?:1[ .-]?)?(?:\(\d{3}\)[ .-]{0,2}\d{3}[ .-]?\d{4}|\d{3}([.-])\d{3}\1\d{4}|\d{3} \d{3}[ -]\d{4}|\d{3}[/ ]\d{3}-\d{4})$/;

function nationalScore(number: string): number {
  if (NANP.test(number) || /^\(\d{2,5}\) ?\d|^\(\d\) \d{4} \d{4}$/.test(number)) return STRUCTURED;
  const groups = number.split(/\D+/).filter((group) => group !== '');
  const separators = new Set(number.match(/[ .\-/]/g));
  if (groups.length < 2) return NATIONAL_DIGITS.test(number) ? BARE_NATIONAL : DIGITS_ONLY;
  const plausible = separators.size <= 2 && groups.every((group) => group.length <= 8);
  return plausible && groups[0]!.startsWith('0') && groups[0]!.length >= 2 ? TRUNK_PREFIX : SEPARATED;
}

/** Ten digits as in North America, or ten and eleven with a trunk prefix; not the bounds of 32-bit integers. */
const NATIONAL_DIGITS = /^(?!214748364[78]|429496729[56])(?:[2-9]\d{2}[2-9]\d{6}|0[1-9]\d{8,9})$/;

const DATE =
  /(?:^|\D)(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d[-./ ][0-3]?\d[-./ ](?:19|20)\d\d|(?:19|20)\d\d[- /](?:19|20)\d\d)(?:\D|$)/;

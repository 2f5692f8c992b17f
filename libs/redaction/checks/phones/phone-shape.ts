export const INTERNATIONAL = 0.75;
/** Outside the country, and in groups: more than the piece of it that also looks like a number. */
export const DIALLED_ABROAD = 0.7;
export const STRUCTURED = 0.65;
export const TRUNK_PREFIX = 0.55;
const BARE_NATIONAL = 0.5;
export const SEPARATED = 0.35;
const DIGITS_ONLY = 0.3;

const MIN_DIGITS = 7;
const MAX_DIGITS = 15;
const MAX_GROUPS = 5;
const MAX_GROUPS_AFTER_TRUNK = 8;
const MAX_SMALL_GROUPS = 2;
const LONGEST_ZERO_RUN = 5;

/** What a number looks like, read in one pass: this runs for every place where digits stand. */
export interface NumberShape {
  readonly digits: number;
  /** Digits by group. */
  readonly groups: readonly number[];
  /** How many different separators there are among space, dot, hyphen and slash. */
  readonly separators: number;
  readonly hasDot: boolean;
  /** Where an extension (`x12`, `#3`, `, ext. 4`) begins; the text's length where there is none. */
  readonly end: number;
}

/**
 * Too long, or a dump of zeros: how much of the beginning is not. 0 for what is too short or one digit repeated, and so is
 * every beginning of it.
 */
export function readShape(number: string): NumberShape | number {
  const groups: number[] = [];
  let digits = 0;
  let size = 0;
  let small = 0;
  let zeros = 0;
  let isRepeated = true;
  let separators = 0;
  const first = firstDigit(number);
  let end = 0;
  for (; end < number.length; end++) {
    const unit = number.charCodeAt(end);
    if (unit > 0x39 || unit === COMMA || unit === NUMBER_SIGN) break;
    if (unit >= 0x30) {
      digits++;
      size++;
      zeros = unit === 0x30 ? zeros + 1 : 0;
      if (unit !== first) isRepeated = false;
      if (digits > MAX_DIGITS || zeros > LONGEST_ZERO_RUN) return end;
    } else {
      if (size > 0) groups.push(size);
      if (size === 1) small++;
      size = 0;
      separators |= SEPARATOR_BITS[unit] ?? 0;
      if (groups.length > MAX_GROUPS_AFTER_TRUNK || small > MAX_SMALL_GROUPS) return end;
    }
  }
  if (size > 0) groups.push(size);
  if (digits < MIN_DIGITS || isRepeated) return 0;
  return { end, digits, groups, separators: BIT_COUNTS[separators]!, hasDot: (separators & DOT) !== 0 };
}

const NUMBER_SIGN = 0x23;
const COMMA = 0x2c;
const DOT = 2;
/** By code unit, space to slash. */
const SEPARATOR_BITS: Readonly<Record<number, number>> = { 32: 1, 46: DOT, 45: 4, 47: 8 };
const BIT_COUNTS = Array.from({ length: 16 }, (_, k) => (k & 1) + ((k >> 1) & 1) + ((k >> 2) & 1) + (k >> 3));

function firstDigit(number: string): number {
  for (let k = 0; k < number.length; k++) {
    const unit = number.charCodeAt(k);
    if (unit >= 0x30 && unit <= 0x39) return unit;
  }
  return 0;
}

/** How much the number looks like one, before asking whether it exists; 0: not at all. */
export function shapeScore(number: string, shape: NumberShape): number {
  if (!isWellFormed(number, shape)) return 0;
  if (number.startsWith('+')) return INTERNATIONAL;
  if (!number.startsWith('00')) return nationalScore(number, shape);
  return shape.groups.length > 2 ? DIALLED_ABROAD : TRUNK_PREFIX;
}

/** Brackets in pairs, no date, no list of small or decimal numbers, no version. */
function isWellFormed(number: string, { groups, hasDot }: NumberShape): boolean {
  const isTrunk = number.startsWith('0') || number.startsWith('(0') || number.startsWith('+');
  if (groups.length > (isTrunk ? MAX_GROUPS_AFTER_TRUNK : MAX_GROUPS)) return false;
  const small = groups.reduce((count, size) => (size === 1 ? count + 1 : count), 0);
  if (small > (isTrunk ? MAX_SMALL_GROUPS : 1) || (small === 1 && !isTrunk && !LEADING_DIGIT.test(number)))
    return false;
  if (number.startsWith('000')) return false;
  if (hasDot && !number.startsWith('+') && / \d/.test(number)) return false;
  if (number.includes('(') || number.includes(')')) {
    if (!/^[^()]*\([^()]+\)[^()]*$/.test(number)) return false;
  }
  return groups.length < 2 ? !IN_ORDER.test(number) : !DATE.test(number) && !YEAR_AND_ZONE.test(number);
}

/** Digits counted up: a list of all digits, a sample. */
const IN_ORDER = /^(?:0?123456789|1234567890)$/;
/** How asctime and git end a date: 2018 -0700. */
const YEAR_AND_ZONE = /(?:^|\D)(?:19|20)\d\d [-+][01]\d(?:00|30|45)$/;

/** North America's country code; the digit that mobile numbers begin with in Chile and Brazil; Chile's area code. */
const LEADING_DIGIT = /^1|^9 \d{4} \d{4}$|^\(\d\) \d{4} \d{4}$/;

const NANP =
  /^(?:1[ .-]?)?(?:\(\d{3}\)[ .-]{0,2}\d{3}[ .-]?\d{4}|\d{3}([.-])\d{3}\1\d{4}|\d{3} \d{3}[ -]\d{4}|\d{3}[/ ]\d{3}-\d{4})$/;

function nationalScore(number: string, { digits, groups, separators }: NumberShape): number {
  if (groups.length < 2) return NATIONAL_DIGITS.test(number) ? BARE_NATIONAL : DIGITS_ONLY;
  if ((digits === 10 || digits === 11) && NANP.test(number)) return STRUCTURED;
  if (number.startsWith('(') && /^\(\d{2,5}\) ?\d|^\(\d\) \d{4} \d{4}$/.test(number)) return STRUCTURED;
  const isPlausible = separators <= 2 && groups.every((size) => size <= 8);
  return isPlausible && number.startsWith('0') && groups[0]! >= 2 ? TRUNK_PREFIX : SEPARATED;
}

/** Ten digits as in North America, or ten and eleven with a trunk prefix; not the bounds of 32-bit integers. */
const NATIONAL_DIGITS = /^(?!214748364[78]|429496729[56])(?:[2-9]\d{2}[2-9]\d{6}|0[1-9]\d{8,9})$/;

const DATE =
  /(?:^|\D)(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d[-./ ][0-3]?\d[-./ ](?:19|20)\d\d|(?:19|20)\d\d[- /](?:19|20)\d\d)(?:\D|$)/;

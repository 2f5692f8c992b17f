import type { Check } from '../detecting/rule.ts';
import { type Assignment, assignedIn } from './phone-plan.ts';
import { type NumberShape, readShape, SEPARATED, shapeScore, TRUNK_PREFIX } from './phone-shape.ts';

const GROUPED = 0.5;
const MAX_REMEMBERED = 4_096;

/**
 * A number some region's plan assigns. A plus sign, two groups after a bracketed area code, or the groups of the plan
 * say "phone"; digits alone say so only with a word before them.
 */
export function phoneCheck(regions: readonly string[]): Check {
  const known = new Map<string, Assignment>();
  const isAssigned = assignedIn(regions);
  return (text, isEnough, { left, isLongest }) => {
    const whole = text.includes('(0)') ? text.replace(TRUNK_ZERO, '$1') : text;
    const shape = readShape(whole);
    const number = shape && shape.end < whole.length ? whole.slice(0, shape.end).trimEnd() : whole;
    const looks = shape ? shapeScore(number, shape) : 0;
    if (!shape || looks === 0) return false;
    const before = shape.groups.length > 1 ? left().slice(-LIST_REACH) : '';
    if (ZIP_PLUS_4.test(number) && AFTER_STATE.test(before)) return false;
    const isInList = (looks === SEPARATED || looks === TRUNK_PREFIX) && IN_A_LIST.test(before);
    const score = isInList ? Math.min(looks, SEPARATED) : looks;
    const mayBeGrouped = looks === SEPARATED && !isInList && isLongest && isDistinct(shape);
    const most = mayBeGrouped ? GROUPED : score;
    if (!isEnough(most)) return false;
    const assignment = known.get(number) ?? isAssigned(number);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(number, assignment);
    if (assignment === 'none') return false;
    return assignment === 'grouped' ? most : score;
  };
}

const LIST_REACH = 24;

/** More numbers, or groups of hexadecimal digits, directly before: a list or a dump. */
const IN_A_LIST =
  /\d[a-f]?[ ,;|/-]{1,2}$|(?:^|[^\p{L}\d])(?:[\da-f]{2} [\da-f]{2}|[\da-f]{0,3}\d[\da-f]{1,4}|[a-f]\d)[ ,;|/\n-]{1,2}$/iu;

/** USPS Publication 28: the state's two letters stand before a ZIP+4 code. */
const ZIP_PLUS_4 = /^\d{5}-\d{4}$/;
const AFTER_STATE = /(?:^|[^A-Za-z])[A-Z]{2}[\s,.#*/]{1,8}$/;

/** Not what a decimal number, a version or a small table looks like. */
function isDistinct({ digits, groups, hasDot }: NumberShape): boolean {
  return digits >= 8 && (!hasDot || groups.length >= 4);
}

/** +49 (0) 30 …: the zero is dialled inside the country only (ITU-T E.123 warns against writing it; people do). */
const TRUNK_ZERO = /^((?:\+|00)\d{1,3}[ .-]?)\(0\)[ .-]?/;

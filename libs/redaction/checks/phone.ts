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
    const isInList = (looks === SEPARATED || looks === TRUNK_PREFIX) && IN_A_LIST.test(left());
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

/** More numbers, or bytes in hexadecimal, directly before: a list or a dump. */
const IN_A_LIST = /\d[a-f]?[ ,;|/-]{1,2}$/i;

/** Not what a decimal number, a version or a small table looks like. */
function isDistinct({ digits, groups, hasDot }: NumberShape): boolean {
  return digits >= 8 && (!hasDot || groups.length >= 4);
}

/** +49 (0) 30 …: the zero is dialled inside the country only (ITU-T E.123 warns against writing it; people do). */
const TRUNK_ZERO = /^((?:\+|00)\d{1,3}[ .-]?)\(0\)[ .-]?/;

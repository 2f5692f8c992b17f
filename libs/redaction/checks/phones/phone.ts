import type { Check } from '../../detecting/rule.ts';
import { PhonePlans } from './phone-plan.ts';
import {
  INTERNATIONAL,
  type NumberShape,
  readShape,
  SEPARATED,
  shapeScore,
  TRUNK_PREFIX,
} from './phone-shape.ts';

const GROUPED = 0.5;
const MAX_REMEMBERED = 4_096;

/**
 * A number some region's plan assigns. A plus sign, two groups after a bracketed area code, or the groups of the plan
 * say "phone"; digits alone say so only with a word before them.
 */
export function phoneCheck(regions: readonly string[]): Check {
  const plans = new PhonePlans(regions);
  const assigns = remembered((number) => plans.assigns(number));
  const assignment = remembered((number) => plans.assignment(number));
  const isAfterOther = askedAgain((before) => LETTER.test(before) && AFTER_OTHER_NUMBER.test(before));
  const isAfterNumber = askedAgain((before) => IN_A_LIST.test(before));
  const isPossibleAbroad = remembered((number) => plans.isPossibleAbroad(number));
  return (text, isEnough, { left, isLongest }) => {
    const whole = text.includes('(0)') ? text.replace(TRUNK_ZERO, '$1') : text;
    const shape = readShape(whole);
    if (typeof shape === 'number') return whole === text && { noneBeyond: shape };
    const number = shape.end < whole.length ? whole.slice(0, shape.end).trimEnd() : whole;
    const looks = shapeScore(number, shape);
    const isGroupable = looks === SEPARATED && isLongest && isDistinct(shape);
    if (looks === 0 || !isEnough(isGroupable ? GROUPED : looks)) return false;
    const before = shape.groups.length > 1 ? left().slice(-LIST_REACH) : '';
    if (ZIP_PLUS_4.test(number) && AFTER_STATE.test(before)) return false;
    if (looks <= TRUNK_PREFIX && isAfterOther(left().slice(-OTHER_REACH))) return false;
    const isInList = (looks === SEPARATED || looks === TRUNK_PREFIX) && isAfterNumber(before);
    const score = isInList ? Math.min(looks, SEPARATED) : looks;
    if (!isGroupable || isInList) {
      if (!isEnough(score)) return false;
      if (assigns(number)) return score;
      const isPossible = isPossibleAbroad(number) || FICTION.test(number);
      return looks === INTERNATIONAL && isLongest && isPossible && unassigned(shape, left());
    }
    const found = assignment(number);
    return found !== 'none' && (found === 'grouped' ? GROUPED : score);
  };
}

/**
 * Numbers that nobody is assigned stand in examples and in drama (+1 555 …), and new ranges are opened: the plus sign and a
 * length that the country's numbers have are enough. A plus sign that begins a line may say that the line was added.
 */
function unassigned({ groups }: NumberShape, left: string): number {
  return groups.length > 1 || !left.endsWith('\n') ? UNASSIGNED : DIGITS_ALONE;
}

/** Without an area code: what the North American plan keeps free for fiction (ATIS-0300115). */
const FICTION = /^\+1[-. ]555[-. ]\d{4}$/;
const UNASSIGNED = 0.55;
const DIGITS_ALONE = 0.3;

const OTHER_REACH = 28;
/** What is numbered otherwise, and so says that its number follows: order no. 100-22253. */
const AFTER_OTHER_NUMBER =
  /(?:^|[^\p{L}])(?:order|invoice|ticket|case|claim|policy|ref|reference|booking|reservation|tracking|sku|part|model|item|product|serial|batch|lot|isbn|issn|version|build|release|issue|bug|patent|article|bestellung|bestellnummer|auftrag|rechnung|commande|facture|pedido|factura|ordine|fattura)s?(?:[ _-]?(?:id|no|nr|num|number|code))?['"]?[.:= #(]{0,3}['"]?$/iu;

function remembered<T>(ask: (number: string) => T): (number: string) => T {
  const known = new Map<string, T>();
  return (number) => {
    const before = known.get(number);
    if (before !== undefined) return before;
    const found = ask(number);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(number, found);
    return found;
  };
}

/** The ends of one start ask about the same text. */
function askedAgain(ask: (before: string) => boolean): (before: string) => boolean {
  let asked: string | undefined;
  let answer = false;
  return (before) => {
    if (before !== asked) answer = ask(before);
    asked = before;
    return answer;
  };
}

const LETTER = /\p{L}/u;
const LIST_REACH = 24;

/**
 * Another number, or groups of hexadecimal digits, directly before: a list or a dump; on the line before only two of them are.
 * Digits at the end of a word are no number, as the name that ends so is a placeholder for the next pass. An address may end
 * in digits, so its placeholder counts as a number.
 */
const IN_A_LIST = new RegExp(
  [
    String.raw`(?:^|[^\p{L}\d_])[\da-f]*\d[a-f]?[ ,;|/-]{1,2}$`,
    String.raw`(?:^|[^\p{L}\d_])(?:[\da-f]{2} [\da-f]{2}|[\da-f]{0,3}\d[\da-f]{1,4}|[a-f]\d)[ ,;|/-]{1,2}$`,
    String.raw`(?:^|[^\p{L}\d_])[\da-f]{0,3}\d[\da-f]{0,4}[ ,;|][\da-f]{0,3}\d[\da-f]{0,4}[ ,;|]?\n$`,
    String.raw`ADDRESS_[a-z2-7]{5}\][ ,;|/-]{1,2}$`,
  ].join('|'),
  'iu',
);

/** USPS Publication 28: the state's two letters stand before a ZIP+4 code. */
const ZIP_PLUS_4 = /^\d{5}-\d{4}$/;
const AFTER_STATE = /(?:^|[^A-Za-z])[A-Z]{2}[\s,.#*/]{1,8}$/;

/** Not what a decimal number, a version or a small table looks like. */
function isDistinct({ digits, groups, hasDot }: NumberShape): boolean {
  return digits >= 8 && (!hasDot || groups.length >= 4);
}

/** +49 (0) 30 …: the zero is dialled inside the country only (ITU-T E.123 warns against writing it; people do). */
const TRUNK_ZERO = /^((?:\+|00)\d{1,3}[ .-]?)\(0\)[ .-]?/;

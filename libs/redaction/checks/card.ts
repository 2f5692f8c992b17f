import type { Around, NoneBeyond, Verdict } from '../detecting/rule.ts';
import { digitsOf, isRepeated, luhn } from './luhn.ts';

const CERTAIN = 1;
const NEEDS_CONTEXT = 0.45;

/** Issuer ranges and lengths (ISO/IEC 7812 registrations, as the networks publish them). */
const ISSUERS: ReadonlyArray<readonly [RegExp, readonly number[], number]> = [
  [/^4/, [13, 16, 19], CERTAIN],
  [/^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16], CERTAIN],
  [/^3[47]/, [15], CERTAIN],
  [/^3(0[0-5]|095|[689])/, [14, 15, 16, 17, 18, 19], CERTAIN],
  [/^(6011|64[4-9]|65)/, [16, 17, 18, 19], CERTAIN],
  [/^35(2[89]|[3-8])/, [16, 17, 18, 19], CERTAIN],
  [/^(62|81[0-7])/, [16, 17, 18, 19], CERTAIN],
  // JCB before 2005: fifteen digits.
  [/^(2131|1800)/, [15], CERTAIN],
  [/^220[0-4]/, [16, 17, 18, 19], CERTAIN],
  [/^(5018|5019|5020|5038|5893|6304|6759|676[1-3])/, [12, 13, 14, 15, 16, 17, 18, 19], 0.7],
  // Troy (Turkey), Humo and Uzcard (Uzbekistan).
  [/^(9792|9860|8600)/, [16], 0.7],
  [/^1/, [15], 0.55],
  [/^(5[06-9]|6)/, [16, 19], 0.55],
  [/^(5[06-9]|6)/, [12, 13, 14, 15, 17, 18], NEEDS_CONTEXT],
  [/^3/, [14, 15, 16], NEEDS_CONTEXT],
];

/** A payment card number: printed grouping, issuer range, length and check digit; the score tells how sure that is. */
export function cardScore(text: string): number | false {
  return beginsLikeCard(text) ? scoreOf(text) : false;
}

/** The same for a detector: where the beginning is wrong no longer end, or shorter, is looked at. A row of a dump is no card. */
export function cardCheck(text: string, _isEnough: unknown, { left }: Pick<Around, 'left'>): Verdict {
  if (!beginsLikeCard(text)) return NONE;
  const score = scoreOf(text);
  return score !== false && !(text.includes(' ') && IN_A_DUMP.test(left().slice(-DUMP_REACH))) && score;
}

const DUMP_REACH = 12;
/** Two groups of four hexadecimal digits directly before. */
const IN_A_DUMP = /(?:^|[^\p{L}\d_])[\da-f]{4} [\da-f]{4} $/iu;

const NONE: NoneBeyond = { noneBeyond: 0 };

function scoreOf(text: string): number | false {
  const digits = digitsOf(text);
  if (isRepeated(digits) || !luhn(digits) || !isGroupedLikeCard(text)) return false;
  const issuer = ISSUERS.find(([range, lengths]) => range.test(digits) && lengths.includes(digits.length));
  return issuer ? issuer[2] : false;
}

/** The first group has four digits or eight, or there is only one: most lists of numbers end here. */
function beginsLikeCard(text: string): boolean {
  for (let k = 0; k < text.length && k < 9; k++) {
    const unit = text.charCodeAt(k);
    if (unit < 0x30 || unit > 0x39) return k === 4 || k === 8;
  }
  return true;
}

export function isCard(text: string): boolean {
  return cardScore(text) !== false;
}

/** One separator throughout; groups of four, or four-six-rest as on 14- and 15-digit cards, or eight and eight. */
function isGroupedLikeCard(text: string): boolean {
  const separators = [' ', '-', '.'].filter((separator) => text.includes(separator));
  if (separators.length > 1) return false;
  const sizes = text.split(/[ .-]/).map((group) => group.length);
  if (separators[0] === '.') return sizes.join() === '4,4,4,4';
  if (sizes.length === 1 || sizes.join() === '8,8') return true;
  if (sizes.length === 3 && sizes[0] === 4 && sizes[1] === 6) return true;
  return sizes.slice(0, -1).every((size) => size === 4) && sizes.at(-1)! <= 7;
}

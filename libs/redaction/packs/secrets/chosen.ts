import { charSet, union, WORD } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import { fluency } from '../../checks/fluency.ts';
import type { Verdict } from '../../detecting/rule.ts';

export const QUOTED = String.raw`['"][^'"\s]{4,128}['"]`;
/** Of what a value without quotes consists: a shell ends a word at the other marks. No bracket opens in it, as a placeholder does. */
export const CHOSEN = String.raw`[\w$.@!#%^&*\](){}:/=?+~<>\xc0-\u058f-]`;
export const PLAIN = `${CHOSEN}{4,128}`;

/**
 * All that a value may go on with, so that it has but one end: one before would be a piece, or was judged with what a
 * placeholder stands for.
 */
export const AFTER_CHOSEN = union(WORD, charSet('$.@!#%^&*[]-(){}:/=?+~<>', [0xc0, 0x58f]));

const NEVER_SECRET =
  /^(?:[$%{[(<*./-]|process\.|(?:password|passwd|pass|pwd|token|secret|changeme|changeit|example|test|your|true|false|null|none|is|for|from|and|or|the|stdin|file|env)\b|x+$|\d{1,5}(?::\d{1,5})?$)/i;

/** An earlier pass found something in it, and saw the rest beside the value. */
const DECIDED = /\[[A-Z][A-Z0-9_]*[_:][\w-]{5,}/;

/** The text from the end of `opening` on, without quotes, where somebody may have chosen or drawn it. */
export function chosenAt(text: string, opening: RegExp): Verdict {
  const found = opening.exec(text);
  if (!found) return false;
  const from = found.index + found[0].length;
  const [, quote = '', value = ''] = /^(['"]?)([^\s'"]+)/.exec(text.slice(from)) ?? [];
  const start = from + quote.length;
  return isChosen(value) && { start, end: start + value.length };
}

/** What people choose or programs draw: letters and digits or symbols, or letters as chance mixes them. */
export function isChosen(value: string): boolean {
  // A symbol in front is a password's where the rest of it looks like one.
  const bare = /[\d!@#$%^&*].*[A-Za-z].*\d/.test(value) ? value.replace(/^[*%.]/, '') : value;
  if (NEVER_SECRET.test(bare) || /[(){}]/.test(value) || DECIDED.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((test) => test.test(value)).length;
  if (classes < 2 || new Set(value).size < 5 || entropy(value) < 2.2) return false;
  return /[\d!@#$%^&*]/.test(value) || (value.length >= 10 && (fluency(value) ?? 0) < 0);
}

import { CharacterClass } from '../folding/fold.ts';
import { foldedOf, kindOf } from '../folding/fold-table.ts';
import { isStrayMark } from '../folding/stray-marks.ts';

/** Whether a letter follows or precedes is decided after at most so many invisible characters. */
const invisibleLimit = 64;

/**
 * True where a word can begin at `start`: no letter or digit of the same writing stands before it, or a name in camel case
 * begins its next word there.
 */
export function startsWord(text: string, start: number): boolean {
  if (isLower(text.charCodeAt(start - 1)) && isUpper(text.charCodeAt(start))) return true;
  for (let at = start - 1; at >= 0 && at >= start - invisibleLimit; at--) {
    const unit = text.charCodeAt(at);
    const kind = kindOf(unit);
    if (kind === CharacterClass.invisible) continue;
    if (kind === CharacterClass.dependent && isStrayMark(text, at)) continue;
    if ((unit & 0xfc00) === 0xdc00 && at > 0) return !isWord(text.codePointAt(at - 1)!, text, start);
    return !isLetter(kind) || !isWord(unit, text, start);
  }
  return true;
}

/** True where a word can end before `end`: no letter of the same writing follows, or the next word of a name, or its number. */
export function endsWord(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  const next = text.charCodeAt(end);
  if (isLower(last) && (isUpper(next) || isNumber(text, end))) return true;
  for (let at = end; at < text.length && at < end + invisibleLimit; at++) {
    const unit = text.charCodeAt(at);
    const kind = kindOf(unit);
    if (kind === CharacterClass.invisible) continue;
    if (kind === CharacterClass.dependent && isStrayMark(text, at)) continue;
    if ((unit & 0xfc00) === 0xd800) return !isWord(text.codePointAt(at)!, text, end - 1);
    return !isLetter(kind) || !isWord(unit, text, end - 1);
  }
  return true;
}

const isLower = (unit: number): boolean => unit >= 97 && unit <= 122;
const isUpper = (unit: number): boolean => unit >= 65 && unit <= 90;
const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** `password1`, `apiKey22`: up to four digits at the end of a name. */
function isNumber(text: string, start: number): boolean {
  let at = start;
  while (at < start + 4 && isDigit(text.charCodeAt(at))) at++;
  if (at === start) return false;
  const next = text.charCodeAt(at);
  return !isDigit(next) && !isLower(next) && !isUpper(next);
}

function isLetter(kind: number): boolean {
  return kind <= CharacterClass.letters || kind === CharacterClass.dependent;
}

/** A letter joins its neighbour into one word, except where either is written without spaces. */
function isWord(codePoint: number, text: string, neighbour: number): boolean {
  const folded = foldedOf(codePoint);
  if (folded.letters === '' || folded.unspaced) return false;
  const unit = text.charCodeAt(neighbour);
  return unit < 128 || !foldedOf(unit).unspaced;
}

import { CharacterClass } from '../folding/fold.ts';
import { kindOf } from '../folding/fold-table.ts';
import { isAscii } from '../units.ts';

const asciiSigns = '@$!|+';
const beyondAscii = /[^\0-\x7f]/;
/** A quote, or a blank and a quote: `"pass" + "word"`. */
const quoted = /[ \t]{0,2}["'`\u2018-\u201f]/y;

/** True where a sign that can stand for a letter is in a piece of text. */
export function holdsSign(written: string): boolean {
  for (let at = 0; at < written.length; at++) {
    if (kindOf(written.charCodeAt(at)) === CharacterClass.sign) return true;
  }
  return false;
}

/** True where a sign stands before a letter or digit, as it would inside a word, or before a quote that goes on with it. */
export function hasInnerSign(text: string): boolean {
  for (const sign of asciiSigns) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
      if (isInside(text, at)) return true;
    }
  }
  if (isAscii(text)) return false;
  for (let at = text.search(beyondAscii); at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 128 && kindOf(unit) === CharacterClass.sign && isInside(text, at)) return true;
  }
  return false;
}

function isInside(text: string, at: number): boolean {
  if (at + 1 >= text.length) return false;
  if (kindOf(text.charCodeAt(at + 1)) <= CharacterClass.letters) return true;
  quoted.lastIndex = at + 1;
  return quoted.test(text);
}

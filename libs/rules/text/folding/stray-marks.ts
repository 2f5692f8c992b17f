import { CharacterClass } from './fold.ts';
import { foldedOf } from './fold-table.ts';

/** What a mark stands on is looked for behind at most so many marks and invisible characters. */
const marksLimit = 64;

/** True for a vowel sign at `at` (class `dependent`) that stands on a letter which is read as a Latin one. */
export function isStrayMark(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0 && i >= at - marksLimit; i--) {
    const unit = text.charCodeAt(i);
    if ((unit & 0xfc00) === 0xdc00 && i > 0) i--;
    const { kind, letters } = foldedOf(text.codePointAt(i)!);
    if (kind === CharacterClass.invisible || kind === CharacterClass.dependent) continue;
    return letters !== '' && letters.charCodeAt(letters.length - 1) < 128;
  }
  return false;
}

import { CharacterClass } from './fold.ts';
import { foldedOf } from './fold-table.ts';

/** The letters of a text, folded, in words: what is between the words is gone. */
export function foldedWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    const { kind, letters } = foldedOf(character.codePointAt(0)!);
    if (kind === CharacterClass.dependent && /[\0-\x7f]$/.test(word)) continue;
    if (letters !== '') word += letters;
    else if (kind !== CharacterClass.invisible && word !== '') {
      words.push(word);
      word = '';
    }
  }
  return word === '' ? words : [...words, word];
}

import { readFileSync } from 'node:fs';
import { names as parts } from '#redaction';
import { nicknames, surnames } from './data/people.ts';
import { cities, countries } from './data/places.ts';
import { allTrainedNames, cityNames, countryNames, regionNames } from './pools.ts';

const read = (file: string) =>
  readFileSync(new URL(`./data/${file}`, import.meta.url), 'utf8')
    .trim()
    .split(/\s+/);

export interface WordList {
  readonly hashes: Int32Array;
  readonly flags: Uint8Array;
}

/** So frequent in plain text that a name list is no evidence. */
const neverNames = new Set(
  'name trace major unique general else case fields person colon branch you the of and new city north south east west island islands united great good best day may'.split(
    ' ',
  ),
);

/** The words the lane knows, each with what it may be, by hash. The order is by hash, so that it's always the same. */
export function wordList(): WordList {
  const common = new Set(read('common-words.txt'));
  const flags = new Map<number, number>();
  const add = (word: string, flag: number) => {
    const hash = parts.hashOfWord(word);
    flags.set(hash, (flags.get(hash) ?? 0) | flag);
  };
  const addName = (name: string, flag: number) => {
    for (const word of [name, ...name.split(/[ -]/)]) {
      if (word.length < 2 || word.includes(' ') || neverNames.has(word.toLowerCase())) continue;
      add(word, flag);
    }
  };
  const { first, last } = allTrainedNames();
  for (const name of [...first, ...nicknames]) addName(name, parts.lexiconFlag.first);
  for (const name of [...last, ...surnames]) addName(name, parts.lexiconFlag.last);
  const ownPlaces = new Set([...cities, ...countries].map((name) => name.toLowerCase()));
  for (const name of [...cityNames, ...countryNames, ...regionNames]) {
    for (const word of name.split(/[ -]/)) {
      const lower = word.toLowerCase();
      if (lower.length < 3 || (common.has(lower) && !ownPlaces.has(lower))) continue;
      addName(word, parts.lexiconFlag.place);
    }
  }
  for (const word of common) add(word, parts.lexiconFlag.common);
  for (const word of read('technical-words.txt')) add(word, parts.lexiconFlag.technical);
  const sorted = [...flags].sort(([a], [b]) => a - b);
  return {
    hashes: Int32Array.from(sorted, ([hash]) => hash),
    flags: Uint8Array.from(sorted, ([, flag]) => flag),
  };
}

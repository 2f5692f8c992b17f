import type { Chance } from '../chance.ts';
import { words } from './pools.ts';

const letters = (text: string) => text.replace(/\W/g, '');
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const upper = (chance: Chance, most: number) =>
  chance.string('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1 + chance.below(most));

/** As in a log of changes: some digit in it. */
export function hexadecimal(chance: Chance): string {
  const length = chance.pick([2, 2, 7, 7, 8]);
  const digits = Array.from({ length: length - 1 }, () => '0123456789abcdef'[chance.below(16)]);
  return `${chance.below(10)}${digits.join('')}`;
}

/** A code point as tables list them. */
export function codePoint(chance: Chance): string {
  return chance.string('0123456789ABCDEF', 4 + chance.below(2));
}

/** A constant or a macro. */
export function constant(chance: Chance): string {
  const parts = Array.from({ length: 1 + chance.below(3) }, () => letters(chance.pick(words.noun!)));
  const text = parts.join(chance.chance(0.75) ? '_' : '').toUpperCase();
  return chance.chance(0.15) ? `_${text}` : text;
}

const endings = [
  'Info',
  'Ty',
  'Val',
  'Reg',
  'Ptr',
  'Op',
  'Impl',
  'Node',
  'List',
  'Map',
  'Ref',
  'Fn',
  'Set',
  'API',
];

/** What C and C++ call a type: `PyObject`, `MCRegisterInfo`, `LocTy`, `Register`. */
export function typeName(chance: Chance): string {
  const noun = () => capital(letters(chance.pick(words.noun!)));
  const kind = chance.next();
  if (kind < 0.25) return noun();
  if (kind < 0.5) return noun() + noun();
  if (kind < 0.7) return upper(chance, 4) + noun();
  if (kind < 0.85) return noun() + chance.pick(endings);
  return `${capital(chance.string('abcdefghijklmnopqrstuvwxyz', 2))}${noun()}`;
}

/** What such a program calls a variable or a part: `Val`, `DL`, `MBB`, `DestReg`, `S`. */
export function shortened(chance: Chance): string {
  const kind = chance.next();
  const part = () => capital(letters(chance.pick(words.noun!)).slice(0, 2 + chance.below(3)));
  if (kind < 0.4) return upper(chance, 4);
  if (kind < 0.7) return part();
  return kind < 0.85 ? part() + chance.pick(endings) : capital(letters(chance.pick(words.noun!)));
}

const scripts =
  'Latin Greek Cyrillic Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Hangul Ethiopic Cherokee Ogham Runic Khmer Mongolian Hiragana Katakana Bopomofo Han Yi Gothic Javanese Balinese Cham Common Inherited Zyyy Coptic Buginese Sundanese Lepcha Glagolitic Tifinagh Vai Bamum Saurashtra Rejang Lisu Lycian Lydian Carian Avestan Brahmi Kaithi Chakma'.split(
    ' ',
  );

/** The Unicode standard's scripts. */
export function script(chance: Chance): string {
  return chance.pick(scripts);
}

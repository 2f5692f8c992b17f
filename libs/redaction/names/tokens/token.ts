import type { Lexicon } from '../lexicon.ts';
import { baseOf, classOf, letterClass } from './letters.ts';

/** What a token is. `pad` stands for what lies before the text and after it. */
export const tokenKind = {
  pad: 0,
  word: 1,
  number: 2,
  mark: 3,
  line: 4,
  /** Eight or more blanks. */
  gap: 5,
  /** A piece of a word too long to be a name. */
  long: 6,
  /** What was found already: by a pattern, in an earlier pass, or as a name. */
  found: 7,
  other: 8,
  /** Digits and letters that take turns, as in no house number: `0x1F`, `1F15`. */
  code: 9,
} as const;

/** How a word is written. */
export const shape = {
  none: 0,
  lower: 1,
  title: 2,
  upper: 3,
  initial: 4,
  /** `McDonald`, `O'Brien`. */
  joined: 5,
  /** Identifiers and the like: `fooBar`, `foo_bar`, `v2`, `built-in`. */
  code: 6,
  /** `Smith-Jones`. */
  hyphened: 7,
  digits1: 8,
  digits2: 9,
  digits3: 10,
  digits4: 11,
  digits5: 12,
  digits: 13,
  /** `12b`, `4th`. */
  digitsAndLetters: 14,
  /** `Min-jun`. */
  halfHyphened: 15,
} as const;

/** One token and all that features see of it. Reused: the tagger keeps a ring of them. */
export class Token {
  start = 0;
  end = 0;
  kind = 0;
  shape = 0;
  /** Of the lower-case text without accents; of the last part of an identifier. */
  hash = 0;
  /** What the lexicon says: bits of `lexiconFlag`. */
  flags = 0;
  /** What the lexicon says: one of `wordClass`. */
  wordClass = 0;
  /** No blank before it. */
  glued = false;
  prefix = 0;
  suffix2 = 0;
  suffix3 = 0;
  suffix4 = 0;
  /** Shape, flags and word class in one number. */
  look = 0;
}

export const MAX_TOKEN_CHARS = 32;
/** The most that the reader leaves unread at the end of what has arrived. */
export const MAX_UNREAD_CHARS = MAX_TOKEN_CHARS + 2;
export const FNV_OFFSET = 0x811c9dc5;
export const FNV_PRIME = 0x01000193;

/** Adds what the lexicon says and the hashes of beginning and end; for words only. */
export function describeWord(_buffer: string, token: Token, lexicon: Lexicon): void {
  const at = lexicon.find(token.hash);
  if (at >= 0) {
    token.flags = lexicon.flagsAt(at);
    token.wordClass = lexicon.classAt(at);
  }
  token.look = (tokenKind.word << 14) | (token.wordClass << 9) | (token.flags << 4) | token.shape;
}

/** Hashes of the first three and the last two, three and four code units. */
export function describeEnds(buffer: string, token: Token): void {
  const { start, end } = token;
  const unit = (at: number) => (at < start || at >= end ? 0x20 : baseOf(buffer.charCodeAt(at)));
  token.suffix2 = (unit(end - 2) << 16) | unit(end - 1);
  token.suffix3 = Math.imul(token.suffix2 ^ unit(end - 3), FNV_PRIME);
  token.suffix4 = Math.imul(token.suffix3 ^ unit(end - 4), FNV_PRIME);
  token.prefix = Math.imul(
    Math.imul(((unit(start) << 16) | unit(start + 1)) ^ unit(start + 2), FNV_PRIME),
    FNV_PRIME,
  );
}

/** The hash by which words are found in the lexicon: `readToken`'s, of a single word. */
export function hashOfWord(word: string): number {
  let hash = FNV_OFFSET;
  for (let k = 0; k < word.length; k++) {
    const unit = word.charCodeAt(k);
    if (classOf(unit) !== letterClass.nothing) hash = Math.imul(hash ^ baseOf(unit), FNV_PRIME);
  }
  return hash;
}

import { baseOf, classOf, letterClass } from './letters.ts';
import type { Lexicon } from './lexicon.ts';

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

const MAX_TOKEN_CHARS = 32;
const MAX_BLANKS = 8;
/** The most that the reader leaves unread at the end of what has arrived. */
export const MAX_UNREAD_CHARS = MAX_TOKEN_CHARS + 2;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Reads the token at `at` and returns where the next one starts, or -1 while that depends on text that has not
 * arrived. Blanks give kind `pad`. The outcome depends on the text alone, never on where it was cut.
 */
export function readToken(buffer: string, at: number, final: boolean, token: Token): number {
  const unit = buffer.charCodeAt(at);
  token.start = at;
  token.flags = 0;
  token.wordClass = 0;
  token.shape = shape.none;
  switch (classOf(unit)) {
    case letterClass.lower:
    case letterClass.upper:
    case letterClass.underscore:
      return readWord(buffer, at, final, token);
    case letterClass.digit:
      return readNumber(buffer, at, final, token);
    case letterClass.space:
    case letterClass.line:
    case letterClass.nothing:
      return readBlank(buffer, at, final, token);
    case letterClass.apostrophe:
      return readApostrophe(buffer, at, final, token);
    case letterClass.other:
      return readOther(buffer, at, final, token);
    default:
      return finish(token, tokenKind.mark, baseOf(unit), at + 1);
  }
}

function finish(token: Token, kind: number, hash: number, end: number): number {
  token.kind = kind;
  token.hash = hash;
  token.end = end;
  token.look = (kind << 14) | (kind === tokenKind.mark ? hash & 0x7f : 0);
  return end;
}

function readBlank(buffer: string, at: number, final: boolean, token: Token): number {
  let lines = 0;
  let end = at;
  for (; end < at + MAX_BLANKS; end++) {
    if (end >= buffer.length) {
      if (!final) return -1;
      break;
    }
    const cls = classOf(buffer.charCodeAt(end));
    if (cls === letterClass.line) lines++;
    else if (cls !== letterClass.space && cls !== letterClass.nothing) break;
  }
  if (lines > 0) return finish(token, tokenKind.line, Math.min(lines, 2), end);
  return finish(token, end - at === MAX_BLANKS ? tokenKind.gap : tokenKind.pad, 0, end);
}

/** `'s` is one token; any other apostrophe that does not stand within a word is a mark. */
function readApostrophe(buffer: string, at: number, final: boolean, token: Token): number {
  if (at + 2 >= buffer.length && !final) return -1;
  const next = at + 1 < buffer.length ? baseOfKnown(buffer, at + 1) : 0;
  const ends = at + 2 >= buffer.length || !isWordUnit(buffer, at + 2);
  if (next === 0x73 && ends) return finish(token, tokenKind.mark, 1, at + 2);
  return finish(token, tokenKind.mark, 0x27, at + 1);
}

function readOther(buffer: string, at: number, final: boolean, token: Token): number {
  let end = at + 1;
  while (end < at + MAX_TOKEN_CHARS) {
    if (end >= buffer.length) {
      if (!final) return -1;
      break;
    }
    if (classOf(buffer.charCodeAt(end)) !== letterClass.other) break;
    end++;
  }
  return finish(token, tokenKind.other, 0, end);
}

function readNumber(buffer: string, at: number, final: boolean, token: Token): number {
  let hash = FNV_OFFSET;
  let digits = 0;
  let letters = 0;
  let end = at;
  for (; ; end++) {
    if (end >= buffer.length) {
      if (!final) return -1;
      break;
    }
    if (end - at >= MAX_TOKEN_CHARS) return finish(token, tokenKind.long, 0, end);
    const unit = buffer.charCodeAt(end);
    const cls = classOf(unit);
    if (cls === letterClass.digit) digits++;
    else if (cls === letterClass.lower || cls === letterClass.upper || cls === letterClass.underscore)
      letters++;
    else if (cls !== letterClass.nothing) break;
    if (cls !== letterClass.nothing)
      hash = Math.imul(hash ^ (cls === letterClass.digit ? 0x30 : baseOf(unit)), FNV_PRIME);
  }
  token.shape = letters > 0 ? shape.digitsAndLetters : Math.min(shape.digits1 + digits - 1, shape.digits);
  finish(token, tokenKind.number, hash, end);
  token.look = (tokenKind.number << 14) | token.shape;
  return end;
}

function readWord(buffer: string, at: number, final: boolean, token: Token): number {
  let hash = FNV_OFFSET;
  let lastPart = FNV_OFFSET;
  let beforeApostrophe = 0;
  let apostropheAt = -1;
  let [lowers, capitals, startCapitals, parts, hyphens] = [0, 0, 0, 1, 0];
  let isCode = false;
  let previous = 0;
  let end = at;
  for (; ; end++) {
    if (end >= buffer.length) {
      if (!final) return -1;
      break;
    }
    if (end - at >= MAX_TOKEN_CHARS) return finish(token, tokenKind.long, 0, end);
    const unit = buffer.charCodeAt(end);
    const cls = classOf(unit);
    if (cls === letterClass.lower) lowers++;
    else if (cls === letterClass.upper) {
      capitals++;
      if (previous === 0) startCapitals++;
      else if (previous === letterClass.lower) lastPart = FNV_OFFSET;
    } else if (cls === letterClass.digit) isCode = true;
    else if (cls === letterClass.underscore) {
      isCode = true;
      lastPart = FNV_OFFSET;
      previous = cls;
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      continue;
    } else if (cls === letterClass.apostrophe || cls === letterClass.hyphen) {
      if (end + 1 >= buffer.length && !final) return -1;
      if (end + 1 >= buffer.length || !isLetter(buffer, end + 1)) break;
      if (cls === letterClass.hyphen) hyphens++;
      else {
        beforeApostrophe = hash;
        apostropheAt = end;
      }
      parts++;
      previous = 0;
      hash = Math.imul(hash ^ baseOf(unit), FNV_PRIME);
      continue;
    } else if (cls !== letterClass.nothing) break;
    if (cls === letterClass.nothing) continue;
    previous = cls;
    const base = baseOf(unit);
    hash = Math.imul(hash ^ base, FNV_PRIME);
    lastPart = Math.imul(lastPart ^ base, FNV_PRIME);
  }
  if (apostropheAt >= 0 && end - apostropheAt === 2 && baseOf(buffer.charCodeAt(end - 1)) === 0x73) {
    const capital = classOf(buffer.charCodeAt(end - 1)) === letterClass.upper;
    if (capital) capitals--;
    else lowers--;
    if (capital) startCapitals--;
    parts--;
    hash = beforeApostrophe;
    end = apostropheAt;
  }
  token.shape = isCode ? shape.code : shapeOf(lowers, capitals, startCapitals, parts, hyphens);
  return finish(token, tokenKind.word, token.shape === shape.code ? lastPart : hash, end);
}

function shapeOf(lowers: number, capitals: number, starts: number, parts: number, hyphens: number): number {
  if (capitals === 0) return hyphens > 0 ? shape.code : shape.lower;
  if (lowers === 0) return capitals === 1 ? shape.initial : shape.upper;
  if (starts === 0) return shape.code;
  if (capitals > starts) return shape.joined;
  if (parts === 1) return shape.title;
  if (starts < parts) return hyphens > 0 ? shape.halfHyphened : shape.code;
  return hyphens > 0 ? shape.hyphened : shape.joined;
}

function isLetter(buffer: string, at: number): boolean {
  const cls = classOf(buffer.charCodeAt(at));
  return cls === letterClass.lower || cls === letterClass.upper;
}

function isWordUnit(buffer: string, at: number): boolean {
  const cls = classOf(buffer.charCodeAt(at));
  return cls >= letterClass.lower && cls <= letterClass.underscore;
}

function baseOfKnown(buffer: string, at: number): number {
  const unit = buffer.charCodeAt(at);
  classOf(unit);
  return baseOf(unit);
}

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

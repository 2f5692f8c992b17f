import { baseOf, classOf, letterClass } from './letters.ts';
import { FNV_OFFSET, FNV_PRIME, MAX_TOKEN_CHARS, shape, type Token, tokenKind } from './token.ts';

const MAX_BLANKS = 8;

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
  token.prefix = 0;
  token.suffix2 = 0;
  token.suffix3 = 0;
  token.suffix4 = 0;
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
  let turns = 0;
  let isDigit = true;
  let end = at;
  for (; ; end++) {
    if (end >= buffer.length) {
      if (!final) return -1;
      break;
    }
    if (end - at >= MAX_TOKEN_CHARS) return finish(token, tokenKind.long, 0, end);
    const unit = buffer.charCodeAt(end);
    const cls = classOf(unit);
    if (cls === letterClass.nothing) continue;
    if (cls === letterClass.digit) digits++;
    else if (cls === letterClass.lower || cls === letterClass.upper || cls === letterClass.underscore)
      letters++;
    else break;
    if (isDigit !== (cls === letterClass.digit)) turns++;
    isDigit = cls === letterClass.digit;
    hash = Math.imul(hash ^ (isDigit ? 0x30 : baseOf(unit)), FNV_PRIME);
  }
  token.shape = letters > 0 ? shape.digitsAndLetters : Math.min(shape.digits1 + digits - 1, shape.digits);
  const kind = isCode(buffer, at, end, turns) ? tokenKind.code : tokenKind.number;
  finish(token, kind, hash, end);
  token.look = (kind << 14) | token.shape;
  return end;
}

/** Letters that stand among digits or behind `0x`: no house number or postal code of more than three characters is written so. */
function isCode(buffer: string, at: number, end: number, turns: number): boolean {
  return end - at > 3 && (turns > 1 || (turns === 1 && baseOf(buffer.charCodeAt(at + 1)) === LETTER_X));
}

const LETTER_X = 0x78;

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

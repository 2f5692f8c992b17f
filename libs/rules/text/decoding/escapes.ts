import { utf8At } from './utf8.ts';

/** A character written as something else. */
export interface Encoded {
  readonly codePoint: number;
  /** UTF-16 code units that it takes where it is written. */
  readonly length: number;
}

/** `\u0070`, `\u{70}`, `\x70`, `\U00000070`, `\000070` (CSS) or `\160` at `at`. */
export function backslashAt(text: string, at: number): Encoded | undefined {
  const kind = text.charCodeAt(at + 1);
  if (kind === 85) return fixedHex(text, at, 8);
  if (kind === 120) return fixedHex(text, at, 2);
  if (kind === 117) return text.charCodeAt(at + 2) === 123 ? bracedHex(text, at) : fixedHex(text, at, 4);
  if (kind < 48 || kind > 51) return undefined;
  if (kind === 48) {
    const css = cssEscape(text, at);
    if (css !== undefined) return css;
  }
  const second = text.charCodeAt(at + 2) - 48;
  const third = text.charCodeAt(at + 3) - 48;
  if (!(second >= 0 && second <= 7 && third >= 0 && third <= 7)) return undefined;
  return { codePoint: (kind - 48) * 64 + second * 8 + third, length: 4 };
}

function fixedHex(text: string, at: number, digits: number): Encoded | undefined {
  const codePoint = hexAt(text, at + 2, digits);
  if (codePoint < 0 || codePoint > 0x10ffff) return undefined;
  return { codePoint, length: digits + 2 };
}

/** CSS (Syntax Level 3, 4.3.7) in its longest form. */
function cssEscape(text: string, at: number): Encoded | undefined {
  const codePoint = hexAt(text, at + 1, 6);
  if (codePoint < 0) return undefined;
  return scalar(codePoint, 7);
}

/** So many hexadecimal digits as a number; -1 where they aren't there. */
function hexAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const digit = hexDigit(text.charCodeAt(at + i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function bracedHex(text: string, at: number): Encoded | undefined {
  let codePoint = 0;
  for (let i = at + 3; i < at + 10; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 125) return i === at + 3 ? undefined : scalar(codePoint, i + 1 - at);
    const digit = hexDigit(unit);
    if (digit < 0) return undefined;
    codePoint = codePoint * 16 + digit;
  }
  return undefined;
}

/** A percent-encoded UTF-8 character (RFC 3986, 2.1) at `at`, or `%u0070` as JavaScript's `escape` writes it. */
export function percentAt(text: string, at: number): Encoded | undefined {
  if ((text.charCodeAt(at + 1) | 32) === 117) return fixedHex(text, at, 4);
  const first = percentByte(text, at);
  if (first < 0) return undefined;
  if (first < 0x80) return { codePoint: first, length: 3 };
  const character = utf8At((index) => percentByte(text, at + index * 3), 0);
  return character && { codePoint: character.codePoint, length: character.length * 3 };
}

function percentByte(text: string, at: number): number {
  if (text.charCodeAt(at) !== 37) return -1;
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** The value of a hexadecimal digit; -1 for anything else, past the end included. */
export function hexDigit(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const lower = unit | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** A character of `length`, unless there is none of that number. */
export function scalar(codePoint: number, length: number): Encoded | undefined {
  const valid = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return valid ? { codePoint, length } : undefined;
}

import { utf8At } from './utf8.ts';

/** A character written as something else. */
export interface Encoded {
  readonly codePoint: number;
  /** UTF-16 code units that it takes where it is written. */
  readonly length: number;
}

const namedEntities: Record<string, number> = {
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  nbsp: 32,
  ensp: 32,
  emsp: 32,
  thinsp: 32,
  Tab: 9,
  NewLine: 10,
  shy: 0xad,
  zwnj: 0x200c,
  zwj: 0x200d,
  ZeroWidthSpace: 0x200b,
  NoBreak: 0x2060,
  lowbar: 95,
  hyphen: 45,
  dash: 45,
  period: 46,
  comma: 44,
  commat: 64,
  dollar: 36,
  excl: 33,
  num: 35,
  percnt: 37,
};
const longestEntityName = 20;
const longestEntityDigits = 10;

/** Accented and mathematical letters by name: `&eacute;`, `&pscr;`. */
const letterEntity = /^([A-Za-z])(acute|grave|circ|tilde|uml|ring|cedil|slash|caron|scr|fr|opf)$/;

/** An HTML character reference (HTML standard, 13.5) at `at`. */
export function entityAt(text: string, at: number): Encoded | undefined {
  if (text.charCodeAt(at + 1) !== 35) return namedEntityAt(text, at);
  const hex = (text.charCodeAt(at + 2) | 32) === 120;
  const first = at + (hex ? 3 : 2);
  let codePoint = 0;
  let i = first;
  for (; i < first + longestEntityDigits; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0 || (digit > 9 && !hex)) break;
    codePoint = codePoint * (hex ? 16 : 10) + digit;
  }
  if (i === first) return undefined;
  return scalar(codePoint, i - at + (text.charCodeAt(i) === 59 ? 1 : 0));
}

function namedEntityAt(text: string, at: number): Encoded | undefined {
  const end = text.slice(at, at + longestEntityName).indexOf(';');
  if (end < 3) return undefined;
  const name = text.slice(at + 1, at + end);
  const codePoint = Object.hasOwn(namedEntities, name)
    ? namedEntities[name]
    : letterEntity.exec(name)?.[1]?.charCodeAt(0);
  return codePoint === undefined ? undefined : { codePoint, length: end + 1 };
}

/** `\u0070`, `\u{70}`, `\x70` or `\160` at `at`. */
export function backslashAt(text: string, at: number): Encoded | undefined {
  const kind = text.charCodeAt(at + 1);
  if (kind === 120) return fixedHex(text, at, 2);
  if (kind === 117) return text.charCodeAt(at + 2) === 123 ? bracedHex(text, at) : fixedHex(text, at, 4);
  if (kind < 48 || kind > 51) return undefined;
  const second = text.charCodeAt(at + 2) - 48;
  const third = text.charCodeAt(at + 3) - 48;
  if (!(second >= 0 && second <= 7 && third >= 0 && third <= 7)) return undefined;
  return { codePoint: (kind - 48) * 64 + second * 8 + third, length: 4 };
}

function fixedHex(text: string, at: number, digits: number): Encoded | undefined {
  let codePoint = 0;
  for (let i = 0; i < digits; i++) {
    const digit = hexDigit(text.charCodeAt(at + 2 + i));
    if (digit < 0) return undefined;
    codePoint = codePoint * 16 + digit;
  }
  return { codePoint, length: digits + 2 };
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

/** A percent-encoded UTF-8 character (RFC 3986, 2.1) at `at`. */
export function percentAt(text: string, at: number): Encoded | undefined {
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

function scalar(codePoint: number, length: number): Encoded | undefined {
  const valid = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return valid ? { codePoint, length } : undefined;
}

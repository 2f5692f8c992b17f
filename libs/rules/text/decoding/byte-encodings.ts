import { hexDigit } from './escapes.ts';

/** Kinds of base64 characters, as bits. */
export const Kind = { hexLower: 1, hexUpper: 2, lower: 4, upper: 8, digit: 16, extra: 32 } as const;

/** The kind of an ASCII code unit; 0 outside of base64's alphabets. */
export const base64Kinds = new Uint8Array(128);
const sextets = new Int8Array(128).fill(-1);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < 64; value++) {
  const unit = alphabet.charCodeAt(value);
  sextets[unit] = value;
  if (value < 26) base64Kinds[unit] = value < 6 ? Kind.hexUpper : Kind.upper;
  else if (value < 52) base64Kinds[unit] = value < 32 ? Kind.hexLower : Kind.lower;
  else base64Kinds[unit] = value < 62 ? Kind.digit : Kind.extra;
}
for (const [character, value] of [
  ['-', 62],
  ['_', 63],
] as const) {
  sextets[character.charCodeAt(0)] = value;
  base64Kinds[character.charCodeAt(0)] = Kind.extra;
}

/** Takes decoded bytes one after another, each with where it came from. */
export interface ByteRuns {
  begin(how: 'base64' | 'base32' | 'hex' | 'character-codes', capacity: number): void;
  byte(value: number, start: number, end: number): void;
  end(): void;
}

/** Decodes base64 from `start` on, if a look at it promises text. */
export function decodeBase64(text: string, start: number, end: number, into: ByteRuns): void {
  if (!looksReadable(text, start, end)) return;
  into.begin('base64', end - start);
  let bits = 0;
  let held = 0;
  let previous = start;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    const value = unit < 128 ? sextets[unit]! : -1;
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    into.byte((held >> bits) & 255, previous, at + 1);
    previous = bits === 0 ? at + 1 : at;
  }
  into.end();
}

const readableOfSix = 4;

/**
 * True where two neighbouring groups of four hold mostly readable ASCII: a cheap look that spares decoding of
 * identifiers and many images.
 */
function looksReadable(text: string, start: number, end: number): boolean {
  let before = 0;
  for (let at = start; at + 3 < end; at += 4) {
    const a = sextets[text.charCodeAt(at)] ?? -1;
    const b = sextets[text.charCodeAt(at + 1)] ?? -1;
    const c = sextets[text.charCodeAt(at + 2)] ?? -1;
    const d = sextets[text.charCodeAt(at + 3)] ?? -1;
    if ((a | b | c | d) < 0) return true;
    const here =
      readable((a << 2) | (b >> 4)) + readable(((b & 15) << 4) | (c >> 2)) + readable(((c & 3) << 6) | d);
    if (before + here >= readableOfSix) return true;
    before = here;
  }
  return false;
}

function readable(byte: number): 0 | 1 {
  return (byte >= 32 && byte < 127) || byte === 0 ? 1 : 0;
}

/** Decodes base32 (RFC 4648, section 6), in one case. */
export function decodeBase32(text: string, start: number, end: number, into: ByteRuns): void {
  into.begin('base32', end - start);
  let bits = 0;
  let held = 0;
  let previous = start;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    const value = unit < 58 ? unit - 24 : (unit | 32) - 97;
    held = ((held << 5) | value) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    into.byte((held >> bits) & 255, previous, at + 1);
    previous = bits === 0 ? at + 1 : at;
  }
  into.end();
}

const minimumHexDigits = 12;

/** Decodes runs of hexadecimal digits, from either parity. */
export function decodeHex(text: string, start: number, end: number, into: ByteRuns): void {
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && hexDigit(text.charCodeAt(at)) >= 0) continue;
    if (at - from >= minimumHexDigits) {
      for (let shift = 0; shift < 2; shift++) {
        into.begin('hex', (at - from) >> 1);
        for (let pair = from + shift; pair + 1 < at; pair += 2) {
          into.byte(
            hexDigit(text.charCodeAt(pair)) * 16 + hexDigit(text.charCodeAt(pair + 1)),
            pair,
            pair + 2,
          );
        }
        into.end();
      }
    }
    from = at + 1;
  }
}

/** Decodes hexadecimal digits in groups, whatever stands between the groups. */
export function decodeHexGroups(text: string, start: number, end: number, into: ByteRuns): void {
  into.begin('hex', (end - start) >> 1);
  let high = -1;
  let from = start;
  for (let at = start; at < end; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
      from = at;
    } else {
      into.byte(high * 16 + digit, from, at + 1);
      high = -1;
    }
  }
  into.end();
}

const codeToken = /(?:0[xX]|[uU]\+00)?([0-9a-fA-F]{2,8})/g;
const codeShapes = [
  { how: 'hex', base: 16, shape: /^[0-9a-f]{2}$/i },
  { how: 'character-codes', base: 10, shape: /^[0-9]{2,3}$/ },
  { how: 'character-codes', base: 8, shape: /^(?:[01][0-7]{2}|40)$/ },
  { how: 'character-codes', base: 2, shape: /^[01]{8}$/ },
] as const;
/** Stands for a token that isn't a code; not text, so that it ends a run. */
const noCharacter = 1;

/** Decodes character codes one by one, tried as hexadecimal, decimal, octal and binary. */
export function decodeCodes(text: string, start: number, end: number, into: ByteRuns): void {
  const tokens = [...text.slice(start, end).matchAll(codeToken)];
  for (const { how, base, shape } of codeShapes) {
    into.begin(how, tokens.length);
    for (const token of tokens) {
      const value = shape.test(token[1]!) ? Number.parseInt(token[1]!, base) : noCharacter;
      const at = start + token.index;
      into.byte(value < 0x100 ? value : noCharacter, at, at + token[0].length);
    }
    into.end();
  }
}

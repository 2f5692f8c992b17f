import { DecodedText, utf8At } from './decoded-text.ts';
import type { View } from './views.ts';

const Kind = { none: 0, hexLower: 1, hexUpper: 2, lower: 4, upper: 8, digit: 16, extra: 32 } as const;
const kinds = new Uint8Array(128);
const sextets = new Int8Array(128).fill(-1);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < 64; value++) {
  const unit = alphabet.charCodeAt(value);
  sextets[unit] = value;
  if (value < 26) kinds[unit] = value < 6 ? Kind.hexUpper : Kind.upper;
  else if (value < 52) kinds[unit] = value < 32 ? Kind.hexLower : Kind.lower;
  else kinds[unit] = value < 62 ? Kind.digit : Kind.extra;
}
for (const [unit, value] of [
  ['-', 62],
  ['_', 63],
] as const) {
  sextets[unit.charCodeAt(0)] = value;
  kinds[unit.charCodeAt(0)] = Kind.extra;
}

const anyHex = Kind.hexLower | Kind.hexUpper | Kind.digit;
const notPlainLower = Kind.hexUpper | Kind.upper | Kind.digit;
const minimumRun = 8;
const wrappedLineMinimum = 40;
const minimumTextBytes = 6;
const minimumCodes = 4;

/** Parts of the text that are base64 (RFC 4648, either alphabet), hexadecimal, or character codes of other text. */
export function decodeSegments(text: string): View[] {
  const views: View[] = [];
  let start = -1;
  let seen = 0;
  let codes = 0;
  let codesFrom = 0;
  let lastEnd = -1;
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 0;
    const kind = unit < 128 ? kinds[unit]! : 0;
    if (kind !== 0) {
      if (start === -1) start = at;
      else seen |= kind;
      continue;
    }
    if (start === -1 || continuesOnNextLine(text, start, at)) continue;
    const first = kinds[text.charCodeAt(start)]!;
    if (isCode(text, start, at, seen | first)) {
      if (codes === 0 || start - lastEnd > 3) {
        codes = 0;
        codesFrom = start;
      }
      codes++;
      lastEnd = at;
    } else {
      if (codes >= minimumCodes) addCodes(text, codesFrom, lastEnd, views);
      codes = 0;
      if (at - start >= minimumRun && (seen & notPlainLower) !== 0)
        addRun(text, start, at, seen | first, views);
    }
    start = -1;
    seen = 0;
  }
  if (codes >= minimumCodes) addCodes(text, codesFrom, lastEnd, views);
  return views;
}

/** Base64 of mail and PEM is wrapped: a long line goes on after its line end. */
function continuesOnNextLine(text: string, start: number, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit !== 10 && unit !== 13) return false;
  const lineStart = Math.max(start, text.lastIndexOf('\n', at - 1) + 1);
  if (at - lineStart < wrappedLineMinimum) return unit === 10 && text.charCodeAt(at - 1) === 13;
  return true;
}

/** `70`, `112`, `0x70`, `01110000`: one character's code. */
function isCode(text: string, start: number, end: number, seen: number): boolean {
  const length = end - start;
  if (length === 4 && text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120) return true;
  if (length === 8) return (seen & ~Kind.digit) === 0 && /^[01]{8}$/.test(text.slice(start, end));
  return length >= 2 && length <= 3 && (seen & ~anyHex) === 0;
}

function addRun(text: string, start: number, end: number, seen: number, views: View[]): void {
  if ((seen & Kind.extra) !== 0) addCodes(text, start, end, views);
  addHex(text, start, end, views);
  for (let shift = 0; shift < 4; shift++) addBase64(text, start + shift, end, views);
}

/** Bytes decoded from a text, with where each came from; cut into runs of readable text. */
class Bytes {
  readonly #bytes: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  add(byte: number, start: number, end: number): void {
    this.#bytes.push(byte);
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /** Every run of valid, printable UTF-8. NUL bytes (UTF-16 of ASCII) are skipped. */
  addViews(how: string, views: View[]): void {
    const bytes = this.#bytes;
    const byteAt = (index: number) => bytes[index] ?? -1;
    const run = new DecodedText(bytes.length);
    const flush = () => {
      if (run.length >= minimumTextBytes) views.push(run.view([how], true));
      run.clear();
    };
    for (let at = 0; at < bytes.length; ) {
      const character = utf8At(byteAt, at);
      if (character === undefined || isControl(character.codePoint)) {
        flush();
        at++;
        continue;
      }
      const last = at + character.length - 1;
      if (character.codePoint !== 0)
        run.addCodePoint(character.codePoint, this.#starts[at]!, this.#ends[last]!);
      at = last + 1;
    }
    flush();
  }
}

function isControl(codePoint: number): boolean {
  if (codePoint === 0 || codePoint === 9 || codePoint === 10 || codePoint === 13) return false;
  return codePoint < 32 || (codePoint >= 127 && codePoint < 160);
}

function addBase64(text: string, start: number, end: number, views: View[]): void {
  if (!looksReadable(text, start, end)) return;
  const bytes = new Bytes();
  let bits = 0;
  let held = 0;
  let previous = start;
  for (let at = start; at < end; at++) {
    const value = sextets[text.charCodeAt(at)] ?? -1;
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.add((held >> bits) & 255, previous, at + 1);
      previous = bits === 0 ? at + 1 : at;
    }
  }
  bytes.addViews('base64', views);
}

/**
 * True where two neighbouring groups of four could hold bytes of readable text: a cheap look that spares decoding
 * of identifiers and images.
 */
function looksReadable(text: string, start: number, end: number): boolean {
  let streak = 0;
  for (let at = start; at + 3 < end; at += 4) {
    const a = sextets[text.charCodeAt(at)] ?? -1;
    const b = sextets[text.charCodeAt(at + 1)] ?? -1;
    const c = sextets[text.charCodeAt(at + 2)] ?? -1;
    const d = sextets[text.charCodeAt(at + 3)] ?? -1;
    if (a < 0 || b < 0 || c < 0 || d < 0) return true;
    streak =
      readable((a << 2) | (b >> 4)) && readable(((b & 15) << 4) | (c >> 2)) && readable(((c & 3) << 6) | d)
        ? streak + 1
        : 0;
    if (streak === 2) return true;
  }
  return false;
}

function readable(byte: number): boolean {
  return byte >= 32 ? byte !== 127 : byte === 0 || byte === 9 || byte === 10 || byte === 13;
}

function addHex(text: string, start: number, end: number, views: View[]): void {
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && ((kinds[text.charCodeAt(at)] ?? 0) & anyHex) !== 0) continue;
    if (at - from >= minimumRun * 1.5) {
      for (let shift = 0; shift < 2; shift++) {
        const bytes = new Bytes();
        for (let pair = from + shift; pair + 1 < at; pair += 2) {
          bytes.add(Number.parseInt(text.slice(pair, pair + 2), 16), pair, pair + 2);
        }
        bytes.addViews('hex', views);
      }
    }
    from = at + 1;
  }
}

const codeToken = /(?:0[xX])?([0-9a-fA-F]{2,8})/g;

/** Character codes one by one, tried as hexadecimal, decimal and binary. */
function addCodes(text: string, start: number, end: number, views: View[]): void {
  const part = text.slice(start, end);
  for (const [base, shape] of [
    [16, /^[0-9a-f]{2}$/i],
    [10, /^[0-9]{2,3}$/],
    [2, /^[01]{8}$/],
  ] as const) {
    const bytes = new Bytes();
    for (const token of part.matchAll(codeToken)) {
      const digits = token[1]!;
      const value = shape.test(digits) ? Number.parseInt(digits, base) : 0x100;
      const at = start + token.index;
      bytes.add(value < 0x100 ? value : 1, at, at + token[0].length);
    }
    bytes.addViews(base === 16 ? 'hex' : 'character-codes', views);
  }
}

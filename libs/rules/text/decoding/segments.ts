import { unitsOf } from '../units.ts';
import {
  type ByteRuns,
  base64Kinds,
  decodeBase32,
  decodeBase64,
  decodeCodes,
  decodeHex,
  decodeHexGroups,
  Kind,
} from './byte-encodings.ts';
import { RunGroups } from './run-groups.ts';
import { SegmentViews } from './segment-views.ts';
import type { View } from './view.ts';

const notPlainLower = Kind.hexUpper | Kind.upper | Kind.digit;
const notHex = Kind.lower | Kind.upper;
const anyHex = Kind.hexLower | Kind.hexUpper | Kind.digit;
const anyUpper = Kind.hexUpper | Kind.upper;
const anyLower = Kind.hexLower | Kind.lower;
const minimumRun = 8;
const wrappedLineMinimum = 40;
const minimumCodes = 4;
const longestCode = 8;
const widestCodeGap = 4;

/**
 * Parts of the text that are base64 (RFC 4648, either alphabet), hexadecimal, or character codes of other text:
 * one view for each encoding, its parts in paragraphs of their own.
 */
export function decodeSegments(text: string): View[] {
  const views = new SegmentViews();
  const codes = new CodeList(text, views);
  const groups = new RunGroups((start, end, seen) => decodeGroups(text, start, end, seen, views));
  const units = unitsOf(text);
  const length = text.length;
  let at = 0;
  while (at < length) {
    const first = kinds[units[at]!]!;
    const start = at++;
    if (first === 0) continue;
    let seen = 0;
    for (; at < length; at++) {
      const unit = units[at]!;
      const kind = kinds[unit]!;
      if (kind !== 0) seen |= kind;
      else if ((unit !== 10 && unit !== 13) || !continuesOnNextLine(units, start, at)) break;
    }
    groups.add(start, at, seen | first);
    const runLength = at - start;
    if (mayBeCode(runLength, seen | first) && isCode(text, start, at, seen | first)) codes.add(start, at);
    else if (!codes.isOpen || !isCharacterFunction(text, start, at) || !codes.bridge(start, at)) {
      if (codes.isOpen) codes.close();
      if (runLength >= minimumRun && (seen & notPlainLower) !== 0)
        decodeRun(text, start, at, seen | first, views);
    }
  }
  codes.close();
  groups.close();
  return views.all();
}

/** `base64Kinds` of every code unit, for the loop that sees each. */
const kinds = new Uint8Array(0x10000);
kinds.set(base64Kinds);

/** Base64 of mail and PEM is wrapped: a long line goes on after its line end. */
function continuesOnNextLine(units: Uint16Array, start: number, at: number): boolean {
  if (units[at] === 10 && units[at - 1] === 13) return true;
  const earliest = Math.max(start, at - wrappedLineMinimum);
  for (let i = at - 1; i >= earliest; i--) if (units[i] === 10) return false;
  return at - start >= wrappedLineMinimum;
}

/** A quick look at what most words aren't. */
function mayBeCode(length: number, seen: number): boolean {
  return length <= longestCode && ((seen & Kind.digit) !== 0 || (length <= 3 && (seen & ~anyHex) === 0));
}

/** `70`, `112`, `0x70`, `U+0070`, `01110000`: one character's code. */
function isCode(text: string, start: number, end: number, seen: number): boolean {
  const length = end - start;
  if (length === 6) return text.charCodeAt(start + 1) === 43 && /^U\+00/i.test(text.slice(start, end));
  if (length === 4 && text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120) return true;
  if (length === 8) return (seen & ~Kind.digit) === 0 && /^[01]{8}$/.test(text.slice(start, end));
  return length >= 2 && length <= 3 && (seen & ~anyHex) === 0;
}

/** `chr`, `+chr`, `&Char`: what programs call to make a character of its code. */
function isCharacterFunction(text: string, start: number, end: number): boolean {
  if (end - start < 3 || end - start > 5 || (text.charCodeAt(end - 1) | 32) !== 114) return false;
  return /^[+&]?cha?r$/i.test(text.slice(start, end));
}

/** Character codes that follow one another closely. */
class CodeList {
  readonly #text: string;
  readonly #views: ByteRuns;
  #count = 0;
  #from = 0;
  #end = 0;

  constructor(text: string, views: ByteRuns) {
    this.#text = text;
    this.#views = views;
  }

  add(start: number, end: number): void {
    if (this.#count > 0 && start - this.#end > widestCodeGap) this.close();
    if (this.#count === 0) this.#from = start;
    this.#count++;
    this.#end = end;
  }

  get isOpen(): boolean {
    return this.#count > 0;
  }

  /** A function's name between two codes doesn't part them. False where it stands alone. */
  bridge(start: number, end: number): boolean {
    if (this.#count === 0 || start - this.#end > widestCodeGap) return false;
    this.#end = end;
    return true;
  }

  close(): void {
    if (this.#count >= minimumCodes) decodeCodes(this.#text, this.#from, this.#end, this.#views);
    this.#count = 0;
  }
}

/** Base32 of six characters and more. */
const base32Run = /^(?:[A-Z2-7]{10,}|[a-z2-7]{10,})$/;

/** `x70x61x73`: hexadecimal codes without anything in between. */
const joinedCodes = /^(?:0?x[0-9a-f]{2}){4,}$/i;

function decodeRun(text: string, start: number, end: number, seen: number, views: ByteRuns): void {
  const second = text.charCodeAt(start + 1);
  const mayBeJoined = (text.charCodeAt(start) | 32) === 120 || (second | 32) === 120;
  if (mayBeJoined && joinedCodes.test(text.slice(start, end))) decodeCodes(text, start, end, views);
  if ((seen & Kind.extra) !== 0 && (seen & notHex) === 0) decodeCodes(text, start, end, views);
  if ((seen & Kind.digit) !== 0) decodeHex(text, start, end, views);
  const isOneCase = (seen & Kind.extra) === 0 && ((seen & anyUpper) === 0 || (seen & anyLower) === 0);
  if (isOneCase && base32Run.test(text.slice(start, end))) decodeBase32(text, start, end, views);
  for (let shift = 0; shift < 4; shift++) decodeBase64(text, start + shift, end, views);
}

function decodeGroups(text: string, start: number, end: number, seen: number, views: ByteRuns): void {
  if ((seen & ~anyHex) === 0) decodeHexGroups(text, start, end, views);
  if ((seen & notPlainLower) === 0) return;
  for (let shift = 0; shift < 4; shift++) decodeBase64(text, start + shift, end, views);
}

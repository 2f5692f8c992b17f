import type { View } from './views.ts';

/** Collects decoded code units with where each came from. */
export class DecodedText {
  readonly #units: Uint16Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #decoded: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#units = new Uint16Array(capacity);
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
    this.#decoded = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  add(unit: number, start: number, end: number, decoded: boolean): void {
    const at = this.#length++;
    this.#units[at] = unit;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#decoded[at] = decoded ? 1 : 0;
  }

  addCodePoint(codePoint: number, start: number, end: number): void {
    if (codePoint <= 0xffff) {
      this.add(codePoint, start, end, true);
      return;
    }
    this.add(0xd800 + ((codePoint - 0x10000) >> 10), start, end, true);
    this.add(0xdc00 + ((codePoint - 0x10000) & 0x3ff), start, end, true);
  }

  /** Marks the next code unit's neighbourhood as changed: something was taken out before it. */
  markLast(): void {
    if (this.#length > 0) this.#decoded[this.#length - 1] = 1;
  }

  view(how: readonly string[], wholly: boolean): View {
    const length = this.#length;
    return {
      text: textOf(this.#units.subarray(0, length)),
      starts: this.#starts.slice(0, length),
      ends: this.#ends.slice(0, length),
      decoded: wholly ? undefined : this.#decoded.slice(0, length),
      how,
    };
  }

  clear(): void {
    this.#length = 0;
  }
}

const sliceUnits = 8192;

function textOf(units: Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += sliceUnits) {
    text += String.fromCharCode(...units.subarray(at, at + sliceUnits));
  }
  return text;
}

/** One UTF-8 sequence (RFC 3629) at `at`: its code point and length in bytes, or undefined. */
export function utf8At(
  byteAt: (index: number) => number,
  at: number,
): { codePoint: number; length: number } | undefined {
  const first = byteAt(at);
  if (first < 0) return undefined;
  if (first < 0x80) return { codePoint: first, length: 1 };
  const length =
    first >= 0xf0 && first < 0xf5
      ? 4
      : first >= 0xe0 && first < 0xf0
        ? 3
        : first >= 0xc2 && first < 0xe0
          ? 2
          : 0;
  if (length === 0) return undefined;
  let codePoint = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const byte = byteAt(at + i);
    if (byte < 0x80 || byte > 0xbf) return undefined;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const smallest = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  if (codePoint < smallest || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff))
    return undefined;
  return { codePoint, length };
}

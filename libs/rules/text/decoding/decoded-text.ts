import { UnitChange, type View } from './view.ts';

const lineFeed = 10;

/** Collects decoded code units with where each came from. Grows as needed. */
export class DecodedText {
  #units: Uint16Array;
  #starts: Int32Array;
  #ends: Int32Array;
  #changes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#units = new Uint16Array(capacity);
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
    this.#changes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds one decoded code unit. */
  add(unit: number, start: number, end: number): void {
    if (this.#length === this.#units.length) this.#grow(this.#length + 1);
    const at = this.#length++;
    this.#units[at] = unit;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#changes[at] = UnitChange.decoded;
  }

  addCodePoint(codePoint: number, start: number, end: number): void {
    if (codePoint <= 0xffff) {
      this.add(codePoint, start, end);
      return;
    }
    this.add(0xd800 + ((codePoint - 0x10000) >> 10), start, end);
    this.add(0xdc00 + ((codePoint - 0x10000) & 0x3ff), start, end);
  }

  /** Adds part of a text as it is. */
  copy(text: string, from: number, until: number): void {
    if (this.#length + until - from > this.#units.length) this.#grow(this.#length + until - from);
    let length = this.#length;
    for (let at = from; at < until; at++) {
      this.#units[length] = text.charCodeAt(at);
      this.#starts[length] = at;
      this.#ends[length] = at + 1;
      length++;
    }
    this.#length = length;
  }

  /** Ends a paragraph, which no word or phrase crosses. */
  separate(at: number): void {
    this.add(lineFeed, at, at);
    this.add(lineFeed, at, at);
  }

  /** Notes that something was taken out after the last code unit. */
  markLast(): void {
    if (this.#length > 0) this.#changes[this.#length - 1] = UnitChange.removedAfter;
  }

  view(how: readonly string[], wholly: boolean): View {
    const length = this.#length;
    const units = this.#units;
    return {
      text: Buffer.from(units.buffer, units.byteOffset, length * 2).toString('utf16le'),
      starts: this.#starts.subarray(0, length),
      ends: this.#ends.subarray(0, length),
      changes: wholly ? undefined : this.#changes.subarray(0, length),
      how,
    };
  }

  #grow(needed: number): void {
    const capacity = Math.max(64, needed, this.#units.length * 2);
    const grown = <T extends Uint16Array | Int32Array | Uint8Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#units = grown(new Uint16Array(capacity), this.#units);
    this.#starts = grown(new Int32Array(capacity), this.#starts);
    this.#ends = grown(new Int32Array(capacity), this.#ends);
    this.#changes = grown(new Uint8Array(capacity), this.#changes);
  }
}

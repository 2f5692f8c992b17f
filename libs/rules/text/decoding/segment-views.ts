import type { ByteRuns } from './byte-encodings.ts';
import { DecodedText } from './decoded-text.ts';
import { utf8At } from './utf8.ts';
import type { View } from './view.ts';

type How = Parameters<ByteRuns['begin']>[0];

/** Readable text of fewer characters is left out: no keyword of that length is hidden so. */
const minimumCharacters = 6;

/** Most texts have nothing to decode. */
const noBytes = new Uint8Array(0);
const noPlaces = new Int32Array(0);

/** Gathers what of decoded bytes is readable, in one text for each encoding. */
export class SegmentViews implements ByteRuns {
  readonly #texts = new Map<How, DecodedText>();
  #how: How = 'base64';
  #bytes = noBytes;
  #starts = noPlaces;
  #ends = noPlaces;
  #length = 0;

  begin(how: How, capacity: number): void {
    this.#how = how;
    this.#length = 0;
    if (this.#bytes.length >= capacity) return;
    const rounded = Math.max(256, capacity);
    this.#bytes = new Uint8Array(rounded);
    this.#starts = new Int32Array(rounded);
    this.#ends = new Int32Array(rounded);
  }

  byte(value: number, start: number, end: number): void {
    const at = this.#length++;
    this.#bytes[at] = value;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  /** Cuts the bytes into runs of valid, printable UTF-8 and keeps the longer ones. */
  end(): void {
    const length = this.#length;
    let from = 0;
    let characters = 0;
    for (let at = 0; at <= length; ) {
      const size = at < length ? this.#readableSize(at) : 0;
      if (size > 0) {
        if (this.#bytes[at] !== 0) characters++;
        at += size;
        continue;
      }
      if (characters >= minimumCharacters) this.#keep(from, at);
      at++;
      from = at;
      characters = 0;
    }
  }

  all(): View[] {
    return [...this.#texts].map(([how, text]) => text.view([how], true));
  }

  /** Size in bytes of the printable character at `at`; 0 where there is none. */
  #readableSize(at: number): number {
    const byte = this.#bytes[at]!;
    if (byte < 0x80) return isControl(byte) ? 0 : 1;
    const character = utf8At(this.#byteAt, at);
    return character === undefined || isControl(character.codePoint) ? 0 : character.length;
  }

  readonly #byteAt = (index: number): number => (index < this.#length ? this.#bytes[index]! : -1);

  /** NUL bytes, which UTF-16 of ASCII has, are left out. */
  #keep(from: number, until: number): void {
    let text = this.#texts.get(this.#how);
    if (text === undefined) {
      text = new DecodedText(until - from);
      this.#texts.set(this.#how, text);
    }
    for (let at = from; at < until; ) {
      const { codePoint, length } = utf8At(this.#byteAt, at)!;
      if (codePoint !== 0) text.addCodePoint(codePoint, this.#starts[at]!, this.#ends[at + length - 1]!);
      at += length;
    }
    text.separate(this.#ends[until - 1]!);
  }
}

function isControl(codePoint: number): boolean {
  if (codePoint === 0 || codePoint === 9 || codePoint === 10 || codePoint === 13) return false;
  return codePoint < 32 || (codePoint >= 127 && codePoint < 160);
}

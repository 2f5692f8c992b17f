const longRun = 8;
const widestGap = 2;

/** Takes runs of base64 characters cut into groups: `dGVs bCBt ZSB0`. */
export type DecodeGroups = (start: number, end: number, seen: number) => void;

/**
 * Notices runs of equal length that stand close together, as encoded text is often printed, with a shorter one at the
 * end. Words of prose are seldom of one length, so that little is decoded in vain.
 */
export class RunGroups {
  readonly #decode: DecodeGroups;
  #from = 0;
  #end = 0;
  #length = 0;
  #count = 0;
  #seen = 0;

  constructor(decode: DecodeGroups) {
    this.#decode = decode;
  }

  add(start: number, end: number, seen: number): void {
    const length = end - start;
    const isNext = this.#count > 0 && start - this.#end <= widestGap;
    if (isNext && length === this.#length) {
      this.#count++;
      this.#end = end;
      this.#seen |= seen;
      return;
    }
    if (isNext && length < this.#length && this.#isGrouped()) {
      this.#end = end;
      this.#seen |= seen;
      this.close();
      return;
    }
    this.close();
    this.#from = start;
    this.#end = end;
    this.#length = length;
    this.#count = 1;
    this.#seen = seen;
  }

  close(): void {
    if (this.#isGrouped()) this.#decode(this.#from, this.#end, this.#seen);
    this.#count = 0;
  }

  #isGrouped(): boolean {
    return this.#count >= fewest(this.#length);
  }
}

/** So many runs of that length are no accident. */
function fewest(length: number): number {
  if (length === 1) return 12;
  return length >= longRun ? 2 : 3;
}

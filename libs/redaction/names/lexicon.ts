/** What the shipped word list knows of a word, as bits. */
export const lexiconFlag = { first: 1, last: 2, place: 4, common: 8, technical: 16 } as const;

const SLOTS = 1 << 17;

/** Words by hash: flags from the shipped list, classes from the closed word lists of the languages. */
export class Lexicon {
  private readonly keys = new Int32Array(SLOTS);
  private readonly flags = new Uint8Array(SLOTS);
  private readonly classes = new Uint8Array(SLOTS);

  /** The slot of a word, or -1. */
  find(hash: number): number {
    const slot = this.slotOf(hash);
    return this.keys[slot] === hash && hash !== 0 ? slot : -1;
  }

  flagsAt(slot: number): number {
    return this.flags[slot]!;
  }

  classAt(slot: number): number {
    return this.classes[slot]!;
  }

  addFlags(hash: number, flags: number): void {
    const slot = this.claim(hash);
    this.flags[slot] = this.flags[slot]! | flags;
  }

  /** The first class that a word is given stays. */
  addClass(hash: number, wordClass: number): void {
    const slot = this.claim(hash);
    if (this.classes[slot] === 0) this.classes[slot] = wordClass;
  }

  private claim(hash: number): number {
    const slot = this.slotOf(hash);
    this.keys[slot] = hash;
    return slot;
  }

  /** Where the word is, or the free slot where it would be. */
  private slotOf(hash: number): number {
    const { keys } = this;
    let slot = Math.imul(hash, 0x9e3779b1) >>> 15;
    while (keys[slot] !== 0 && keys[slot] !== hash) slot = (slot + 1) & (SLOTS - 1);
    return slot;
  }
}

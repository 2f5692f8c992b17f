/** How many ends of one rule at one start are checked, longest first; bounds the work on adversarial text. */
const MAX_ENDS_PER_RULE = 16;

/** How many ends of each rule were looked at from one start, and which are still worth it. */
export class Tries {
  private readonly counts: Uint8Array;
  /** The longest that may still be looked at. */
  private readonly longest: Uint32Array;
  private readonly startOf: Uint32Array;
  private start = 0;

  constructor(rules: number) {
    this.counts = new Uint8Array(rules);
    this.longest = new Uint32Array(rules);
    this.startOf = new Uint32Array(rules);
  }

  /** Another start. */
  begin(): void {
    this.start++;
    if (this.start < 0xffff_ffff) return;
    this.startOf.fill(0);
    this.start = 1;
  }

  /** The number of this try, from 1; 0 where there is none. */
  take(rule: number, length: number, maxLength = 0xffff_ffff): number {
    if (this.startOf[rule] !== this.start) {
      this.startOf[rule] = this.start;
      this.counts[rule] = 0;
      this.longest[rule] = maxLength;
    }
    if (length > this.longest[rule]! || this.counts[rule]! >= MAX_ENDS_PER_RULE) return 0;
    return ++this.counts[rule]!;
  }

  limit(rule: number, length: number): void {
    this.longest[rule] = length;
  }

  settle(rule: number): void {
    this.longest[rule] = 0;
  }
}

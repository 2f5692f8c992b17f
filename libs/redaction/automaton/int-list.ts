const FIRST_CAPACITY = 4_096;

/** Integers in one growing piece of memory: thousands of small arrays cost more than what stands in them. */
export class IntList {
  private items = new Int32Array(FIRST_CAPACITY);
  length = 0;

  push(value: number): void {
    if (this.length === this.items.length) this.grow(this.length * 2);
    this.items[this.length++] = value;
  }

  /** Adds the same value several times. */
  pushMany(value: number, count: number): void {
    const end = this.length + count;
    if (end > this.items.length) this.grow(end * 2);
    this.items.fill(value, this.length, end);
    this.length = end;
  }

  set(at: number, value: number): void {
    this.items[at] = value;
  }

  /** What it holds, as a piece of memory of its own. */
  toArray(): Int32Array {
    return this.items.slice(0, this.length);
  }

  private grow(capacity: number): void {
    const larger = new Int32Array(capacity);
    larger.set(this.items);
    this.items = larger;
  }
}

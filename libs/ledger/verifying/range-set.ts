/** Which tree indices tombstones speak of: half-open ranges, merged. */
export class RangeSet {
  readonly #ranges: [from: number, to: number][] = [];
  #isMerged = true;

  add(from: number, to: number): void {
    this.#ranges.push([from, to]);
    this.#isMerged = false;
  }

  /** True where every index of `[from, to)` is in the set. */
  covers(from: number, to: number): boolean {
    if (!this.#isMerged) this.#merge();
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[0] ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && to <= range[1];
  }

  #merge(): void {
    const sorted = this.#ranges.splice(0).sort((a, b) => a[0] - b[0]);
    for (const [from, to] of sorted) {
      const last = this.#ranges.at(-1);
      if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
      else this.#ranges.push([from, to]);
    }
    this.#isMerged = true;
  }
}

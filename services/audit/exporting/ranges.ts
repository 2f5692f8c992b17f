/** The entries `[from, to)`. */
export type Range = readonly [from: number, to: number];

/** Ranges with single entries added: ascending, and none touches the next. Pure. */
export function withEntries(ranges: readonly Range[], indexes: readonly number[]): Range[] {
  const single = indexes.map((index): Range => [index, index + 1]);
  const joined: [from: number, to: number][] = [];
  for (const [from, to] of [...ranges, ...single].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

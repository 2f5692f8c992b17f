/** What was done at a code unit of a decoded text. */
export const UnitChange = { none: 0, decoded: 1, removedAfter: 2 } as const;

/**
 * A text as it is written, or a part of it decoded. Offsets of a decoded view lead back to the original: code unit
 * `i` came from `[starts[i], ends[i])`.
 */
export interface View {
  readonly text: string;
  readonly starts: Int32Array | undefined;
  readonly ends: Int32Array | undefined;
  /** `UnitChange` by code unit; undefined where all or none were decoded. */
  readonly changes: Uint8Array | undefined;
  /** The encodings undone, outermost first; empty for the original. */
  readonly how: readonly string[];
}

/** A view of a view, its offsets leading to the original. */
export function within(outer: View, inner: View): View {
  if (outer.starts === undefined || outer.ends === undefined) return inner;
  const starts = inner.starts?.map((at) => outer.starts![at]!);
  const ends = inner.ends?.map((at) => outer.ends![at - 1]!);
  return { text: inner.text, starts, ends, changes: inner.changes, how: [...outer.how, ...inner.how] };
}

/** The offsets in the original of a span of a view. */
export function originalSpan(view: View, start: number, end: number): { start: number; end: number } {
  if (view.starts === undefined || view.ends === undefined) return { start, end };
  let first = view.starts[start]!;
  let last = view.ends[start]!;
  // What was read backwards came from the end on.
  for (let at = start + 1; at < end; at++) {
    first = Math.min(first, view.starts[at]!);
    last = Math.max(last, view.ends[at]!);
  }
  return { start: first, end: last };
}

/** False for a span of a decoded view in which nothing was decoded: the original shows it already. */
export function spanIsNew(view: View, start: number, end: number): boolean {
  if (view.changes === undefined) return true;
  for (let at = start; at < end; at++) {
    const change = view.changes[at]!;
    if (change === UnitChange.decoded || (change === UnitChange.removedAfter && at < end - 1)) return true;
  }
  return false;
}

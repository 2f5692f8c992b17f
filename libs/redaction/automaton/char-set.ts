/** A set of UTF-16 code units as sorted, disjoint, inclusive ranges: lo, hi, lo, hi, … */
export type CharSet = readonly number[];

export const MAX_CODE_UNIT = 0xffff;

export function charSet(...ranges: ReadonlyArray<number | string | readonly [number, number]>): CharSet {
  const flat: Array<[number, number]> = [];
  for (const range of ranges) {
    if (typeof range === 'number') flat.push([range, range]);
    else if (typeof range === 'string') for (const c of range) flat.push([c.charCodeAt(0), c.charCodeAt(0)]);
    else flat.push([range[0], range[1]]);
  }
  return merge(flat);
}

function merge(ranges: Array<[number, number]>): CharSet {
  ranges.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [lo, hi] of ranges) {
    const last = out.length - 1;
    if (last > 0 && lo <= out[last]! + 1) out[last] = Math.max(out[last]!, hi);
    else out.push(lo, hi);
  }
  return out;
}

export function union(...sets: readonly CharSet[]): CharSet {
  const ranges: Array<[number, number]> = [];
  for (const set of sets) for (let k = 0; k < set.length; k += 2) ranges.push([set[k]!, set[k + 1]!]);
  return merge(ranges);
}

export function negate(set: CharSet): CharSet {
  const out: number[] = [];
  let next = 0;
  for (let k = 0; k < set.length; k += 2) {
    if (set[k]! > next) out.push(next, set[k]! - 1);
    next = set[k + 1]! + 1;
  }
  if (next <= MAX_CODE_UNIT) out.push(next, MAX_CODE_UNIT);
  return out;
}

export function contains(set: CharSet, unit: number): boolean {
  for (let k = 0; k < set.length; k += 2) if (unit >= set[k]! && unit <= set[k + 1]!) return true;
  return false;
}

const A_TO_Z = 26;

/** Adds the other case of ASCII and Latin-1 letters. */
export function foldCase(set: CharSet): CharSet {
  const extra: Array<[number, number]> = [];
  for (let k = 0; k < set.length; k += 2) {
    shift(extra, set[k]!, set[k + 1]!, 0x41, A_TO_Z, 32);
    shift(extra, set[k]!, set[k + 1]!, 0x61, A_TO_Z, -32);
    shift(extra, set[k]!, set[k + 1]!, 0xc0, 31, 32);
    shift(extra, set[k]!, set[k + 1]!, 0xe0, 31, -32);
  }
  return extra.length === 0 ? set : union(set, merge(extra));
}

function shift(
  out: Array<[number, number]>,
  lo: number,
  hi: number,
  from: number,
  count: number,
  by: number,
) {
  const a = Math.max(lo, from);
  const b = Math.min(hi, from + count - 1);
  if (a <= b) out.push([a + by, b + by]);
}

export const DIGIT = charSet([0x30, 0x39]);
const UPPER = charSet([0x41, 0x5a]);
const LOWER = charSet([0x61, 0x7a]);
/** Letters of the Latin blocks beyond ASCII: they continue a word; ideographs and other scripts do not. */
export const LATIN = charSet([0xc0, 0xd6], [0xd8, 0xf6], [0xf8, 0x24f], [0x1e00, 0x1eff]);
export const ALNUM = union(DIGIT, UPPER, LOWER);
export const WORD = union(ALNUM, charSet('_'));
export const WORD_WIDE = union(WORD, LATIN);
export const SPACE = charSet(' \t\n\r\f\v', 0xa0);

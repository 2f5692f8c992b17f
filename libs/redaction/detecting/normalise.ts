/**
 * Normalisation maps one code unit to one code unit, so offsets never move: full-width forms, Unicode spaces, dashes,
 * quotes and decimal digits become ASCII. Zero-width characters are passed over by the scanner.
 */
const folds = new Map<number, number>();

function fold(from: number, count: number, to: number): void {
  for (let k = 0; k < count; k++) folds.set(from + k, to + k);
}

fold(0xff01, 94, 0x21);
for (const unit of [0xa0, 0x1680, 0x202f, 0x205f, 0x3000]) folds.set(unit, 0x20);
for (let unit = 0x2000; unit <= 0x200a; unit++) folds.set(unit, 0x20);
for (const unit of [0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63])
  folds.set(unit, 0x2d);
for (const unit of [0x2018, 0x2019, 0x201b, 0x2032]) folds.set(unit, 0x27);
for (const unit of [0x201c, 0x201d, 0x201f, 0x2033, 0xab, 0xbb]) folds.set(unit, 0x22);
for (const unit of [0x2024, 0x3002, 0xff61]) folds.set(unit, 0x2e);
for (const unit of [0x2044, 0x2215]) folds.set(unit, 0x2f);
/** The zero of each decimal digit block in the basic plane (Unicode general category Nd). */
const DIGIT_ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
];
for (const zero of DIGIT_ZEROS) fold(zero, 10, 0x30);

export function foldUnit(unit: number): number {
  return unit < 0xa0 ? unit : (folds.get(unit) ?? unit);
}

const ZERO_WIDTH = new Set([0xad, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff]);

export function isZeroWidth(unit: number): boolean {
  return unit >= 0xad && ZERO_WIDTH.has(unit);
}

/** The code units that count as others; zero-width characters count as the one given. */
export function foldedUnits(zeroWidth: number): ReadonlyMap<number, number> {
  const units = new Map(folds);
  for (const unit of ZERO_WIDTH) units.set(unit, zeroWidth);
  return units;
}

/** A piece of text as rules see it, and where each of its code units stood. */
export interface NormalisedText {
  readonly text: string;
  /** Offset in the original for each offset in `text` (and its end); undefined where nothing moved. */
  readonly origin: readonly number[] | undefined;
}

const NEEDS_WORK = /[^\0-\x9f]/;

/** Whether normalising changes nothing in a text or any part of it. */
export function isNormal(text: string): boolean {
  return !NEEDS_WORK.test(text);
}

export function normalise(original: string): NormalisedText {
  if (!NEEDS_WORK.test(original)) return { text: original, origin: undefined };
  let text = '';
  const origin: number[] = [];
  for (let k = 0; k < original.length; k++) {
    const unit = original.charCodeAt(k);
    if (isZeroWidth(unit)) continue;
    text += String.fromCharCode(foldUnit(unit));
    origin.push(k);
  }
  origin.push(original.length);
  return { text, origin: text.length === original.length ? undefined : origin };
}

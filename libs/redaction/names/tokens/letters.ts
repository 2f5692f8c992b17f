import { foldUnit, isZeroWidth } from '../../detecting/normalise.ts';

/** What a code unit is to the names lane. */
export const letterClass = {
  space: 1,
  line: 2,
  lower: 3,
  upper: 4,
  digit: 5,
  underscore: 6,
  apostrophe: 7,
  hyphen: 8,
  /** Any other character of ASCII punctuation. */
  mark: 9,
  /** Zero-width: passed over within a word. */
  nothing: 10,
  /** Scripts without letter case, symbols, surrogates. */
  other: 11,
} as const;

const classes = new Uint8Array(65_536);
const bases = new Uint16Array(65_536);

/** The class of a code unit; full-width forms, Unicode spaces, dashes and quotes count as their ASCII form. */
export function classOf(unit: number): number {
  const known = classes[unit]!;
  return known === 0 ? classify(unit) : known;
}

/** The lower-case base letter (`É` is `e`), so that spellings with and without accents are one word. Call classOf first. */
export function baseOf(unit: number): number {
  return bases[unit]!;
}

function classify(unit: number): number {
  const folded = foldUnit(unit);
  const text = String.fromCharCode(folded);
  const lower = text.toLowerCase();
  const base = lower.normalize('NFD').charCodeAt(0);
  bases[unit] = base;
  classes[unit] = classOfText(folded, text, lower);
  return classes[unit]!;
}

function classOfText(unit: number, text: string, lower: string): number {
  if (isZeroWidth(unit)) return letterClass.nothing;
  if (unit === 0x0a || unit === 0x0d || unit === 0x2028 || unit === 0x2029) return letterClass.line;
  if (/\s/.test(text)) return letterClass.space;
  if (unit >= 0x30 && unit <= 0x39) return letterClass.digit;
  if (text === '_') return letterClass.underscore;
  if (text === "'") return letterClass.apostrophe;
  if (text === '-') return letterClass.hyphen;
  if (unit < 0x80) return /[a-z]/i.test(text) ? casedClass(text, lower) : letterClass.mark;
  return /\p{Lu}|\p{Ll}|\p{Lt}/u.test(text) ? casedClass(text, lower) : letterClass.other;
}

function casedClass(text: string, lower: string): number {
  return text === lower ? letterClass.lower : letterClass.upper;
}

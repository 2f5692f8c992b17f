// In a Unicode pattern a well-formed pair is one code point, so only halves match.
const loneSurrogate = /\p{Surrogate}/u;
const plainKey = /^[a-z0-9_]*$/;

/**
 * Folds a member name as case-insensitive parsers do (Go's encoding/json, which also equates the Kelvin sign
 * with k and the long s with s). Two names that fold alike may be one name to the model's server.
 */
export function fold(key: string): string {
  return plainKey.test(key) ? key : key.toUpperCase().toLowerCase();
}

/**
 * Whether an IEEE 754 double holds a JSON number: finite, not rounded to zero, and, for an integer literal,
 * exact. Fractions round to the nearest double in every parser.
 */
export function holdsNumber(literal: string): boolean {
  if (literal.length <= 15) return fitsShort(literal);
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/[1-9]/.test(mantissa(literal));
  return /[.eE]/.test(literal) || BigInt(literal) === BigInt(value);
}

function fitsShort(literal: string): boolean {
  const exponent = literal.search(/[eE]/);
  if (exponent === -1) return true;
  const value = Number(literal);
  return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(mantissa(literal)));
}

function mantissa(literal: string): string {
  return literal.replace(/[eE].*$/, '');
}

/** The value of a string literal that has escapes; `invalid` where they are, `lone` for half a surrogate pair. */
export function checkString(
  literal: string,
  strict: boolean,
): { readonly value: string } | 'invalid' | 'lone' {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    return 'invalid';
  }
  if (typeof value !== 'string') return 'invalid';
  return strict && loneSurrogate.test(value) ? 'lone' : { value };
}

/** The folded member names of one object; a short list is searched faster than a set is built. */
export class SeenKeys {
  private readonly few: string[] = [];
  private many: Set<string> | undefined;

  /** False if the name, or one that folds alike, was there already. */
  add(name: string): boolean {
    const key = fold(name);
    if (this.many !== undefined) {
      if (this.many.has(key)) return false;
      this.many.add(key);
      return true;
    }
    if (this.few.includes(key)) return false;
    if (this.few.push(key) > 12) this.many = new Set(this.few);
    return true;
  }
}

/** ISO/IEC 7812-1 annex B: the check digit of payment cards, and of many other numbers. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let k = 0; k < digits.length; k++) {
    let digit = digits.charCodeAt(digits.length - 1 - k) - 48;
    if (k % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

export function digitsOf(text: string): string {
  return text.replace(/\D+/g, '');
}

/** The sum of digits times weights; shared by most national check-digit schemes. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, k) => sum + weight * (digits.charCodeAt(k) - 48), 0);
}

/** All digits alike: a filler, not a number. */
export function isRepeated(digits: string): boolean {
  return /^(.)\1*$/.test(digits);
}

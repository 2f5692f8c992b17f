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

/** Written as a loop: a replacement costs five times as much where there are many separators. */
export function digitsOf(text: string): string {
  let digits = '';
  let from = 0;
  for (let k = 0; k < text.length; k++) {
    const unit = text.charCodeAt(k);
    if (unit >= 0x30 && unit <= 0x39) continue;
    if (k > from) digits += text.slice(from, k);
    from = k + 1;
  }
  return from === 0 ? text : digits + text.slice(from);
}

/** The sum of digits times weights; shared by most national check-digit schemes. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, k) => sum + weight * (digits.charCodeAt(k) - 48), 0);
}

/** All digits alike: a filler, not a number. */
export function isRepeated(digits: string): boolean {
  for (let k = 1; k < digits.length; k++) if (digits.charCodeAt(k) !== digits.charCodeAt(0)) return false;
  return digits !== '';
}

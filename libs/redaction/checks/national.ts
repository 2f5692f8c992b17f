import { digitsOf, isRepeated, luhn, weighted } from './luhn.ts';

type Digits = (digits: string) => boolean;

/** A check on the digits alone, for numbers written with or without separators. */
export function onDigits(check: Digits): (text: string) => boolean {
  return (text) => {
    const digits = digitsOf(text);
    return !isRepeated(digits) && check(digits);
  };
}

/** The last digit makes the weighted sum divisible by `modulus`. */
export function divisible(weights: readonly number[], modulus: number): Digits {
  return (digits) => digits.length === weights.length && weighted(digits, weights) % modulus === 0;
}

/** Modulus 11: the last digit is 11 minus the weighted remainder of the others (11 → 0; 10 is never issued). */
export function modulus11(weights: readonly number[]): Digits {
  return (digits) => {
    const expected = (11 - (weighted(digits, weights) % 11)) % 11;
    return digits.length === weights.length + 1 && expected === Number(digits.at(-1));
  };
}

/** A calendar day, the year as two digits or four. */
export function isDay(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year < 100 || year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1]!;
}

export function startsWithDay(digits: string): boolean {
  return isDay(Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), Number(digits.slice(4, 6)));
}

/** American Bankers Association: 3 7 1 weights. */
export const isRoutingNumber = divisible([3, 7, 1, 3, 7, 1, 3, 7, 1], 10);

/** NHS Data Dictionary: NHS number. */
export const isNhsNumber = modulus11([10, 9, 8, 7, 6, 5, 4, 3, 2]);

/** Drug Enforcement Administration: sum of odd places plus twice the even places. */
export function isDeaNumber(text: string): boolean {
  const digits = text.slice(2);
  const sum = weighted(digits, [1, 2, 1, 2, 1, 2]);
  return sum % 10 === Number(digits[6]);
}

/** CMS: Luhn over 80840 and the number. */
export const isNpi: Digits = (digits) => luhn(`80840${digits}`);

const NIF_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Spanish DNI and NIE: the letter is the number modulo 23. */
export function isNif(text: string): boolean {
  const plain = text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const number = plain.slice(0, -1).replace(/^[XYZ]/, (c) => String('XYZ'.indexOf(c)));
  return NIF_LETTERS[Number(number) % 23] === plain.at(-1);
}

const ODD_VALUES = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Italian codice fiscale: odd places by table, even places by value, modulo 26. */
export function isFiscalCode(text: string): boolean {
  const code = text.toUpperCase();
  let sum = 0;
  for (let k = 0; k < 15; k++) {
    const unit = code.charCodeAt(k);
    const value = unit < 65 ? unit - 48 : unit - 65;
    sum += k % 2 === 0 ? ODD_VALUES[value]! : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === code[15];
}

/** Polish PESEL: weights 1 3 7 9, and a birth date whose month also tells the century. */
export const isPesel: Digits = (digits) => {
  const month = Number(digits.slice(2, 4)) % 20;
  const dated = isDay(Number(digits.slice(0, 2)), month, Number(digits.slice(4, 6)));
  return dated && divisible([1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10)(digits);
};

const FI_CHECK = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** Finnish personal identity code: day, century sign, serial, remainder by 31. */
export function isFinnishCode(text: string): boolean {
  const [day, month, year] = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6)].map(Number);
  const number = Number(text.slice(0, 6) + text.slice(7, 10));
  const sign = text[6]!.toUpperCase();
  const century = sign === '+' ? 1800 : 'ABCDEF'.includes(sign) ? 2000 : 1900;
  return isDay(century + year!, month!, day!) && FI_CHECK[number % 31] === text[10]!.toUpperCase();
}

/** Swedish personnummer: birth date (day + 60 for coordination numbers) and Luhn over ten digits. */
export const isPersonnummer: Digits = (digits) => {
  const ten = digits.slice(-10);
  const day = Number(ten.slice(4, 6));
  return luhn(ten) && isDay(Number(ten.slice(0, 2)), Number(ten.slice(2, 4)), day > 60 ? day - 60 : day);
};

const SG_LETTERS = { ST: 'JZIHGFEDCBA', FG: 'XWUTRQPNMLK', M: 'XWUTRQPNJLK' } as const;

/** Singapore NRIC and FIN. */
export function isNric(text: string): boolean {
  const code = text.toUpperCase();
  const first = code[0]!;
  const offset = 'TG'.includes(first) ? 4 : first === 'M' ? 3 : 0;
  const rest = (weighted(code.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
  const letters = 'ST'.includes(first) ? SG_LETTERS.ST : first === 'M' ? SG_LETTERS.M : SG_LETTERS.FG;
  return letters[rest] === code[8];
}

const UEN_SYMBOLS = 'ABCDEFGHJKLMNPQRSTUVWX0123456789';

/** Singapore's Unique Entity Number (ACRA): businesses, local companies, and other entities by year and type. */
export function isUen(text: string): boolean {
  const body = text.slice(0, -1);
  const last = text.at(-1);
  if (/^\d{8}$/.test(body)) return 'XMKECAWLJDB'[weighted(body, [10, 4, 9, 3, 8, 2, 7, 1]) % 11] === last;
  if (/^\d{9}$/.test(body)) return 'ZKCMDNERGWH'[weighted(body, [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11] === last;
  const weights = [4, 3, 5, 3, 10, 2, 2, 5, 7];
  const sum = weights.reduce((total, weight, k) => total + weight * UEN_SYMBOLS.indexOf(body[k]!), 0);
  return UEN_SYMBOLS[(((sum - 5) % 11) + 11) % 11] === last;
}

/** Australian Business Number: first digit less one, weights 10 1 3 … 19, modulo 89. */
export const isAbn: Digits = (digits) => {
  const less = String(Number(digits[0]) - 1) + digits.slice(1);
  return digits[0] !== '0' && divisible([10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19], 89)(less);
};

/** Australian Company Number: weights 8 to 1, complement to ten. */
export const isAcn: Digits = (digits) => {
  const rest = weighted(digits.slice(0, 8), [8, 7, 6, 5, 4, 3, 2, 1]) % 10;
  return digits.length === 9 && (10 - rest) % 10 === Number(digits[8]);
};

export const isTfn = divisible([1, 4, 3, 7, 5, 8, 6, 9, 10], 11);

export const isMedicare: Digits = (digits) => {
  const rest = weighted(digits.slice(0, 8), [1, 3, 7, 9, 1, 3, 7, 9]) % 10;
  return /^[2-6]/.test(digits) && rest === Number(digits[8]);
};

const VERHOEFF_D = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const VERHOEFF_P = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** Verhoeff's dihedral check digit, as in Aadhaar. */
export const isVerhoeff: Digits = (digits) => {
  let check = 0;
  for (let k = 0; k < digits.length; k++) {
    const permuted = Number(VERHOEFF_P[k % 8]![Number(digits[digits.length - 1 - k])]);
    check = Number(VERHOEFF_D[check]![permuted]);
  }
  return check === 0;
};

/** Korean resident registration number: birth date; the check digit holds for numbers issued before October 2020. */
export const isRrn: Digits = (digits) => digits.length === 13 && startsWithDay(digits);

export const hasRrnCheck: Digits = (digits) => {
  const sum = weighted(digits.slice(0, 12), [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
  return (11 - (sum % 11)) % 10 === Number(digits[12]);
};

/** Korean business registration number. */
export const isBrn: Digits = (digits) => {
  const sum =
    weighted(digits.slice(0, 9), [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor((Number(digits[8]) * 5) / 10);
  return (10 - (sum % 10)) % 10 === Number(digits[9]);
};

/** Thai national identity number. */
export const isThaiId: Digits = (digits) => {
  const sum = weighted(digits.slice(0, 12), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  return /^[1-8]/.test(digits) && (11 - (sum % 11)) % 10 === Number(digits[12]);
};

/** Turkish national identity number: two check digits. */
export const isTurkishId: Digits = (digits) => {
  const odd = weighted(digits.slice(0, 9), [1, 0, 1, 0, 1, 0, 1, 0, 1]);
  const even = weighted(digits.slice(0, 8), [0, 1, 0, 1, 0, 1, 0, 1]);
  const tenth = (((odd * 7 - even) % 10) + 10) % 10;
  const sum = weighted(digits.slice(0, 10), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  return digits[0] !== '0' && tenth === Number(digits[9]) && sum % 10 === Number(digits[10]);
};

/** German tax identification number: one digit twice or thrice, ISO 7064 MOD 11,10. */
export const isGermanTaxId: Digits = (digits) => {
  const counts = new Map<string, number>();
  for (const digit of digits.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeats = [...counts.values()].filter((count) => count > 1);
  return digits[0] !== '0' && repeats.length === 1 && repeats[0]! <= 3 && isMod11_10(digits);
};

/** ISO 7064 MOD 11,10. */
export const isMod11_10: Digits = (digits) => {
  let product = 10;
  for (let k = 0; k < digits.length - 1; k++) {
    const sum = (Number(digits[k]) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits.at(-1));
};

/** French NIR: 13 digits (2A and 2B for Corsica) and a key of 97 minus the remainder. */
export function isNir(text: string): boolean {
  const plain = text.toUpperCase().replace(/[^0-9AB]/g, '');
  const number = plain.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return plain.length === 15 && 97n - (BigInt(number) % 97n) === BigInt(plain.slice(13));
}

/** Belgian national register number: 97 minus the remainder, with 2 before it from the year 2000 on. */
export const isBelgianNumber: Digits = (digits) => {
  const key = Number(digits.slice(9));
  const number = digits.slice(0, 9);
  return 97 - (Number(number) % 97) === key || 97 - (Number(`2${number}`) % 97) === key;
};

/** Dutch burgerservicenummer: the eleven test with a last weight of -1. */
export const isBsn = divisible([9, 8, 7, 6, 5, 4, 3, 2, -1], 11);

/** Brazilian CPF: two modulus 11 digits. */
export const isCpf: Digits = (digits) =>
  brazilian(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2], 9) &&
  brazilian(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2], 10);

/** Brazilian CNPJ. */
export const isCnpj: Digits = (digits) =>
  brazilian(digits, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 12) &&
  brazilian(digits, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 13);

function brazilian(digits: string, weights: readonly number[], at: number): boolean {
  const rest = weighted(digits, weights) % 11;
  return (rest < 2 ? 0 : 11 - rest) === Number(digits[at]);
}

const CN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Chinese resident identity number (GB 11643): birth date and ISO 7064 MOD 11-2. */
export function isChineseId(text: string): boolean {
  const dated = isDay(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14)));
  return dated && '10X98765432'[weighted(text.slice(0, 17), CN_WEIGHTS) % 11] === text[17]!.toUpperCase();
}

/** Swiss AHV number: EAN-13 check digit. */
export const isAhv = divisible([1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1], 10);

/** Indian GSTIN: state code, PAN, entity, Z, and a check character modulo 36. */
export function isGstin(text: string): boolean {
  const symbols = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  let sum = 0;
  for (let k = 0; k < 14; k++) {
    const product = symbols.indexOf(text[k]!.toUpperCase()) * (k % 2 === 0 ? 1 : 2);
    sum += Math.floor(product / 36) + (product % 36);
  }
  return symbols[(36 - (sum % 36)) % 36] === text[14]!.toUpperCase();
}

/** ICAO 9303 part 3: check digit of a machine-readable zone, weights 7 3 1 (A = 10 … Z = 35). */
export function mrzDigit(text: string): number {
  const weights = [7, 3, 1];
  let sum = 0;
  for (let k = 0; k < text.length; k++) {
    const unit = text.charCodeAt(k);
    sum += (unit < 58 ? unit - 48 : unit - 55) * weights[k % 3]!;
  }
  return sum % 10;
}

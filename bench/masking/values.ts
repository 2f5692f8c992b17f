import { type CountryCode, getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import type { Chance } from '../../tools/chance.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const REGIONS: readonly CountryCode[] = ['US', 'CA', 'GB', 'DE', 'FR', 'IN', 'IL', 'BR'];

function withLuhn(body: string): string {
  const sum = [...body].reverse().reduce((total, c, k) => {
    const digit = Number(c) * (k % 2 === 0 ? 2 : 1);
    return total + (digit > 9 ? digit - 9 : digit);
  }, 0);
  return body + ((10 - (sum % 10)) % 10);
}

function card(chance: Chance): string {
  const [prefix, length] = chance.pick<readonly [string, number]>([
    ['4', 16],
    ['51', 16],
    ['55', 16],
    ['2221', 16],
    ['37', 15],
    ['34', 15],
    ['6011', 16],
    ['3530', 16],
    ['36', 14],
  ]);
  const number = withLuhn(prefix + chance.digits(length - prefix.length - 1));
  const separator = chance.pick(['', ' ', '-']);
  if (length === 16) return number.match(/.{4}/g)!.join(separator);
  return [number.slice(0, 4), number.slice(4, 10), number.slice(10)].join(separator);
}

function iban(chance: Chance): string {
  const [country, length] = chance.pick<readonly [string, number]>([
    ['DE', 18],
    ['FR', 23],
    ['GB', 18],
    ['NL', 14],
    ['ES', 20],
    ['PL', 24],
  ]);
  const bank =
    country === 'GB' || country === 'NL' ? chance.string('ABCDEFGHJKLMNPRSTUVW', 4) : chance.digits(4);
  const body = bank + chance.digits(length - 4);
  const numeric = [...`${body}${country}00`].map((c) => Number.parseInt(c, 36)).join('');
  const check = String(98n - (BigInt(numeric) % 97n)).padStart(2, '0');
  const whole = country + check + body;
  return chance.pick([whole, whole.match(/.{1,4}/g)!.join(' ')]);
}

function phone(chance: Chance): string {
  const region = chance.pick(REGIONS);
  if (region === 'US' || region === 'CA') {
    const [a, b, c] = [
      chance.pick(['212', '415', '312', '646', '206', '416']),
      `${2 + chance.below(8)}${chance.digits(2)}`,
      chance.digits(4),
    ];
    return chance.pick([
      `(${a}) ${b}-${c}`,
      `${a}-${b}-${c}`,
      `${a}.${b}.${c}`,
      `+1 ${a} ${b} ${c}`,
      `+1${a}${b}${c}`,
      `1-${a}-${b}-${c}`,
      `${a} ${b} ${c}`,
    ]);
  }
  const number = getExampleNumber(region, examples)!;
  const tail = chance.digits(3);
  return withLastDigits(
    chance.pick([number.number, number.formatInternational(), number.formatNational()]),
    tail,
  );
}

function withLastDigits(text: string, tail: string): string {
  let left = tail.length;
  return [...text]
    .reverse()
    .map((c) => (/\d/.test(c) && left > 0 ? tail[--left]! : c))
    .reverse()
    .join('');
}

function email(chance: Chance): string {
  const local = chance.pick([
    () => chance.string(LOWER, 6),
    () => `${chance.string(LOWER, 4)}.${chance.string(LOWER, 6)}`,
    () => `${chance.string(LOWER, 5)}_${chance.digits(2)}`,
    () => `${chance.string(LOWER, 5)}+${chance.string(LOWER, 3)}`,
  ])();
  return `${local}@${chance.string(LOWER, 7)}.${chance.pick(['com', 'org', 'co.uk', 'de', 'museum', 'io'])}`;
}

function ssn(chance: Chance): string {
  const area = String(1 + chance.below(664)).padStart(3, '0');
  return `${area}-${String(1 + chance.below(99)).padStart(2, '0')}-${String(1 + chance.below(9999)).padStart(4, '0')}`;
}

function ip(chance: Chance): string {
  const octet = () => chance.below(256);
  const group = () => (1 + chance.below(65_534)).toString(16);
  return chance.pick([
    () => `${20 + chance.below(100)}.${octet()}.${octet()}.${octet()}`,
    () => `192.168.${octet()}.${octet()}`,
    () => `2001:db8:${group()}::${group()}:${group()}`,
    () => Array.from({ length: 8 }, group).join(':'),
  ])();
}

export const VALUES: Readonly<Record<string, (chance: Chance) => string>> = {
  EMAIL_ADDRESS: email,
  CREDIT_CARD: card,
  IBAN_CODE: iban,
  PHONE_NUMBER: phone,
  US_SSN: ssn,
  IP_ADDRESS: ip,
};

/** Sentences as people write them to an assistant; none names the entity in every case. */
export const SENTENCES: readonly string[] = [
  'Could you check why {} was rejected yesterday?',
  'my details: {}.',
  'Please update the record to {}, thanks!',
  'It says "{}" on the form',
  'They gave me {} and asked to confirm by Friday.',
  '| name | value |\n|---|---|\n| x | {} |',
  '{"value": "{}", "count": 3}',
  'Contact: {} (office hours only)',
  '{}',
  '- {}\n- second item',
  'Hi,\n\nI was told to use {}; is that right?\n\nBest',
  'row 12: {}\trow 13: none',
];

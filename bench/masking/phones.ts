import { type CountryCode, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { MaskingProfile } from '#contracts';
import type { Masker } from '#redaction';
import type { Chance } from '../../tools/chance.ts';

/**
 * Ranges that regulators set aside for fiction, or area codes of capitals, written as people there do: Ofcom, ARCEP,
 * Bundesnetzagentur, NANPA, ACMA, TRAI and their like. `#` is any digit.
 */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  US: ['(212) 555-01##', '415-555-01##', '650.555.01##', '312 555 01##'],
  CA: ['(416) 555-01##', '604-555-01##'],
  GB: ['020 7946 0###', '0113 496 0###', '07700 900###', '(0131) 496 0###', '01632 960###'],
  FR: ['01 99 00 ## ##', '06 39 98 ## ##', '01.99.00.##.##', '0199 00 ## ##'],
  DE: ['030 23125 ###', '(030) 23125 ###', '0171 39200##', '089 99998 ###', '040/66969 ###', '0221-4710 ###'],
  AU: ['(02) 5550 ####', '02 7010 ####', '0491 570 1##'],
  ES: ['912 34 56 7#', '612 34 56 7#', '91 234 56 7#'],
  IT: ['06 6982 ####', '347 123 4###', '02 1234 5###'],
  NL: ['020 123 45##', '06 12345 6##', '06-12345###'],
  PL: ['22 123 45 ##', '512 345 ###', '601-123-4##'],
  BE: ['02 123 45 ##', '0470 12 34 ##'],
  CH: ['044 668 18 ##', '079 123 45 ##'],
  SE: ['08-123 456 ##', '070-123 45 ##'],
  DK: ['32 12 34 ##', '20 12 34 ##'],
  NO: ['22 12 34 ##', '406 12 3##'],
  PT: ['212 345 6##', '912 345 6##'],
  IN: ['098765 432##', '98765 432##', '011-2345 67##'],
  SG: ['6123 45##', '8123 45##'],
  JP: ['03-1234-56##', '090-1234-56##'],
  BR: ['(11) 96123-45##', '11 96123-45##', '(11) 2345-67##'],
  MX: ['55 1234 56##', '222 123 45##'],
  ZA: ['011 123 45##', '071 123 45##'],
  IE: ['01 234 56##', '085 012 34##'],
};

const CASES = 40;
const REPEATS = 30;

export interface PhonesResult {
  /** Share of the written numbers that are masked whole, all regions alike. */
  readonly written: number;
  /** The same for mobile numbers of every region, formatted as libphonenumber writes them inside the country. */
  readonly formatted: number;
  readonly weak: readonly string[];
}

/** Numbers without a country code, in sentences that don't say what they are. */
export function measurePhones(masker: Masker, sentences: readonly string[], chance: Chance): PhonesResult {
  const isMasked = (value: string) => {
    const text = chance.pick(sentences).replace('{}', () => value);
    const at = text.indexOf(value);
    return masker.findSpans(text).some(({ start, end }) => start <= at && end >= at + value.length);
  };
  const weak: string[] = [];
  const share = (name: string, makers: ReadonlyArray<() => string>, repeats: number) => {
    let found = 0;
    for (const make of makers) for (let k = 0; k < repeats; k++) if (isMasked(make())) found++;
    const part = found / (makers.length * repeats);
    if (part < 0.9) weak.push(`${name} ${Math.round(part * 100)} %`);
    return part;
  };
  const written = Object.entries(WRITTEN).flatMap(([region, forms]) =>
    forms.map((form) =>
      share(`${region} ${form}`, [() => form.replaceAll('#', () => chance.digits(1))], REPEATS),
    ),
  );
  const formatted = MaskingProfile.parse({}).phoneRegions.map((region) =>
    share(`${region} mobile`, [() => mobile(region as CountryCode, chance)], CASES),
  );
  return { written: mean(written), formatted: mean(formatted), weak };
}

/** An example number with other last digits, where the plan has such a one. */
function mobile(region: CountryCode, chance: Chance): string {
  const example = getExampleNumber(region, examples)!;
  for (let tries = 0; tries < 20; tries++) {
    const digits = example.nationalNumber.slice(0, -4) + chance.digits(4);
    const number = parsePhoneNumberFromString(digits, region);
    if (number?.isValid()) return number.formatNational();
  }
  return example.formatNational();
}

function mean(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

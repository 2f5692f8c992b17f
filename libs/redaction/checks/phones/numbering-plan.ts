import { type CountryCode, Metadata } from 'libphonenumber-js/max';

/** What the library's numbering plans tell beyond its published types. */
interface PlanText {
  callingCode(): string;
  IDDPrefix(): string | undefined;
  nationalNumberPattern(): string;
  possibleLengths(): readonly number[];
  leadingDigits(): string | undefined;
  nationalPrefixForParsing(): string | undefined;
  nationalPrefixTransformRule(): string | undefined;
  type(name: string): { pattern(): string; possibleLengths(): readonly number[] | undefined } | undefined;
}

interface NumberType {
  readonly pattern: RegExp;
  readonly lengths: readonly number[];
}

const TYPES = [
  ...['FIXED_LINE', 'MOBILE', 'PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP'],
  ...['PERSONAL_NUMBER', 'PAGER', 'UAN', 'VOICEMAIL'],
];

/** One country's plan, its patterns compiled once: the library compiles them for every number it is asked about. */
export class NumberingPlan {
  private readonly number: RegExp;
  private readonly lengths: readonly number[];
  private readonly types: readonly NumberType[];
  private readonly leading: RegExp | undefined;
  private readonly prefix: RegExp | undefined;
  private readonly abroad: RegExp;
  /** What ITU-T E.123 recommends, and most do. */
  readonly dialsAbroadWith00: boolean;
  private readonly hasGroups: boolean;
  /** What a trunk prefix is replaced by, in the plans where it is more than left out. */
  private readonly rewrite: string | undefined;
  private readonly callingCode: string;
  private sharing: readonly NumberingPlan[] | undefined;

  constructor(readonly country: CountryCode) {
    const metadata = new Metadata();
    metadata.selectNumberingPlan(country);
    const text = metadata.numberingPlan as unknown as PlanText;
    const prefix = text.nationalPrefixForParsing();
    const leading = text.leadingDigits();
    this.callingCode = text.callingCode();
    this.number = whole(text.nationalNumberPattern());
    this.lengths = text.possibleLengths();
    this.types = TYPES.flatMap((name) => {
      const type = text.type(name);
      const pattern = type?.pattern();
      return pattern ? [{ pattern: whole(pattern), lengths: type?.possibleLengths() ?? this.lengths }] : [];
    });
    this.leading = leading ? new RegExp(`^(?:${leading})`) : undefined;
    this.prefix = prefix ? new RegExp(`^(?:${prefix})`) : undefined;
    this.abroad = new RegExp(`^(?:${text.IDDPrefix() || '00'}|${this.callingCode})`);
    this.dialsAbroadWith00 = text.IDDPrefix() === '00';
    this.hasGroups = /\((?!\?)/.test(prefix ?? '');
    this.rewrite = text.nationalPrefixTransformRule() || undefined;
  }

  /** Whether numbers of this plan may have so many digits, trunk prefix apart. */
  hasLength(digits: number): boolean {
    return this.lengths.includes(digits);
  }

  /** Whether a number may be of this plan, by its length and the plan's own pattern. */
  mayHold(digits: string): boolean {
    if (this.number.test(digits)) return true;
    if (!this.prefix?.test(digits)) return false;
    if (this.number.test(digits.replace(this.prefix, ''))) return true;
    if (this.rewrite === undefined) return false;
    return this.abroad.test(digits) || this.number.test(digits.replace(this.prefix, this.rewrite));
  }

  /** Whether it assigns a number as dialled within the country; undefined where only the library can tell. Call mayHold first. */
  assigns(digits: string): boolean | undefined {
    return this.abroad.test(digits) ? undefined : this.assignsAfterCode(digits);
  }

  /** The same of what follows the calling code. */
  assignsAfterCode(digits: string): boolean | undefined {
    if (this.rewrite !== undefined && this.prefix?.exec(digits)?.at(-1) && this.hasGroups) return undefined;
    const national = this.withoutPrefix(digits);
    this.sharing ??= this.sharingPlans();
    const owner = this.sharing.find((plan) => plan.owns(national)) ?? this;
    return owner.isAssigned(national);
  }

  private withoutPrefix(digits: string): string {
    if (!this.prefix?.test(digits)) return digits;
    const stripped = digits.replace(this.prefix, '');
    const isWorse = this.number.test(digits) && !this.number.test(stripped);
    return isWorse || !this.lengths.includes(stripped.length) ? digits : stripped;
  }

  private owns(national: string): boolean {
    return this.leading ? this.leading.test(national) : this.isAssigned(national);
  }

  private isAssigned(national: string): boolean {
    if (!this.number.test(national)) return false;
    return this.types.some(
      ({ lengths, pattern }) => lengths.includes(national.length) && pattern.test(national),
    );
  }

  /** The plans with this calling code, in the order in which the library asks them; none where it is the only one. */
  private sharingPlans(): readonly NumberingPlan[] {
    const metadata = new Metadata() as unknown as {
      getCountryCodesForCallingCode(code: string): CountryCode[];
    };
    const countries = metadata.getCountryCodesForCallingCode(this.callingCode);
    if (countries.length === 1) return [];
    return countries.map((country) => (country === this.country ? this : new NumberingPlan(country)));
  }
}

/** The countries with a calling code, the main one first; none for what is no calling code, or no country's. */
export function countriesOf(callingCode: string): readonly CountryCode[] {
  const metadata = new Metadata() as unknown as {
    getCountryCodesForCallingCode(code: string): readonly CountryCode[] | undefined;
  };
  return metadata.getCountryCodesForCallingCode(callingCode) ?? [];
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

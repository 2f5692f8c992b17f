import {
  type CountryCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';

/** What the library's numbering plans tell beyond its published types. */
interface PlanText {
  nationalNumberPattern(): string;
  nationalPrefixForParsing(): string | undefined;
  nationalPrefixTransformRule(): string | undefined;
}

interface Plan {
  readonly country: CountryCode;
  readonly number: RegExp;
  readonly prefix: RegExp | undefined;
  /** The plan rewrites numbers before it compares them: only the library can tell. */
  readonly rewrites: boolean;
}

/**
 * Tells whether one of the regions' plans assigns a number (ITU-T E.164 and the national plans, as libphonenumber holds
 * them). A plan's own pattern is asked first: the library's complete answer costs two hundred times as much.
 */
export function assignedIn(regions: readonly string[]): (number: string) => boolean {
  let plans: readonly Plan[] | undefined;
  return (number) => {
    if (number.startsWith('+')) return isValid(number);
    if (number.startsWith('00') && isValid(`+${number.slice(2)}`)) return true;
    plans ??= regions.filter((region) => isSupportedCountry(region)).map(planOf);
    const digits = number.replace(/\D+/g, '');
    return plans.some((plan) => mayBelong(plan, digits) && isValid(number, plan.country));
  };
}

function planOf(country: CountryCode): Plan {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const text = metadata.numberingPlan as unknown as PlanText;
  const prefix = text.nationalPrefixForParsing();
  return {
    country,
    number: new RegExp(`^(?:${text.nationalNumberPattern()})$`),
    prefix: prefix ? new RegExp(`^(?:${prefix})`) : undefined,
    rewrites: text.nationalPrefixTransformRule() !== undefined,
  };
}

function mayBelong(plan: Plan, digits: string): boolean {
  if (plan.number.test(digits)) return true;
  if (!plan.prefix?.test(digits)) return false;
  return plan.rewrites || plan.number.test(digits.replace(plan.prefix, ''));
}

function isValid(number: string, country?: CountryCode): boolean {
  return parsePhoneNumberFromString(number, country)?.isValid() === true;
}

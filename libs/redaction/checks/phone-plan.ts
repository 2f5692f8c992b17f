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

/** Whether a plan assigns a number, and if so, whether it is grouped as that plan's authority groups it. */
export type Assignment = 'none' | 'assigned' | 'grouped';

/**
 * Tells whether one of the regions' plans assigns a number (ITU-T E.164 and the national plans, as libphonenumber holds
 * them). A plan's own pattern is asked first: the library's complete answer costs two hundred times as much.
 */
export function assignedIn(regions: readonly string[]): (number: string) => Assignment {
  let plans: readonly Plan[] | undefined;
  return (number) => {
    if (number.startsWith('+')) return assignmentOf(number);
    if (number.startsWith('00') && assignmentOf(`+${number.slice(2)}`) !== 'none') return 'assigned';
    plans ??= regions.filter((region) => isSupportedCountry(region)).map(planOf);
    const digits = number.replace(/\D+/g, '');
    let best: Assignment = 'none';
    for (const plan of plans) {
      if (!mayBelong(plan, digits)) continue;
      const found = assignmentOf(number, plan.country);
      if (found === 'grouped') return found;
      if (found === 'assigned') best = found;
    }
    return best;
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

function assignmentOf(number: string, country?: CountryCode): Assignment {
  const parsed = parsePhoneNumberFromString(number, country);
  if (!parsed?.isValid()) return 'none';
  const written = groupsOf(number);
  const expected = groupsOf(parsed.formatNational());
  // Many leave the trunk prefix out where a plan has one.
  const isGrouped = written === expected || written === expected.replace(/^0/, '');
  return isGrouped || ALSO_GROUPED[parsed.country ?? 'US']?.test(written) ? 'grouped' : 'assigned';
}

/** A second way to group that the plan's authority names: Nkom, for mobile numbers. */
const ALSO_GROUPED: Partial<Record<CountryCode, RegExp>> = { NO: /^[49]\d\d \d\d \d{3}$/ };

function groupsOf(number: string): string {
  return number
    .replace(/[()]/g, '')
    .replace(/[-./ \t]+/g, ' ')
    .trim();
}

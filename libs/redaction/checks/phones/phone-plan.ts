import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { countriesOf, NumberingPlan } from './numbering-plan.ts';

/** Whether a plan assigns a number, and if so, whether it is grouped as that plan's authority groups it. */
export type Assignment = 'none' | 'assigned' | 'grouped';

const LONGEST_CALLING_CODE = 3;
const LEAST_ABROAD = 10;

/** What the regions' plans (ITU-T E.164 and the national plans, as libphonenumber holds them) say of numbers. */
export class PhonePlans {
  private plans: readonly NumberingPlan[] | undefined;
  private readonly byCode = new Map<string, NumberingPlan | undefined>();

  constructor(private readonly regions: readonly string[]) {}

  /** Whether one of the plans assigns a number. A plan's patterns are asked: the library costs a hundred times as much. */
  assigns(number: string): boolean {
    if (number.startsWith('+')) return this.isAssignedAbroad(number);
    if (this.isCalledFromAbroad(number)) return true;
    const digits = digitsOf(number);
    return this.ownPlans().some((plan) => this.isAssigned(plan, number, digits));
  }

  /** The same, and whether the number is grouped as a plan groups it. */
  assignment(number: string): Assignment {
    if (number.startsWith('+')) return assignmentOf(number);
    if (this.isCalledFromAbroad(number)) return 'assigned';
    const digits = digitsOf(number);
    let best: Assignment = 'none';
    for (const plan of this.ownPlans()) {
      if (!this.isAssigned(plan, number, digits)) continue;
      const found = assignmentOf(number, plan.country);
      if (found === 'grouped') return found;
      if (found === 'assigned') best = found;
    }
    return best;
  }

  /** Whether a number with a country's code has a length that country's numbers have: an example, or one not assigned yet. */
  isPossibleAbroad(number: string): boolean {
    const digits = digitsOf(number);
    if (digits.length < LEAST_ABROAD) return false;
    for (let length = 1; length <= LONGEST_CALLING_CODE; length++) {
      const plan = this.mainPlanOf(digits.slice(0, length));
      if (plan) return plan.hasLength(digits.length - length);
    }
    return false;
  }

  private isCalledFromAbroad(number: string): boolean {
    return number.startsWith('00') && this.isAssignedAbroad(`+${number.slice(2)}`);
  }

  private isAssignedAbroad(number: string): boolean {
    const digits = digitsOf(number);
    // ITU-T E.164: no calling code begins with zero.
    if (digits.startsWith('0')) return false;
    for (let length = 1; length <= LONGEST_CALLING_CODE && !number.includes('\t'); length++) {
      const plan = this.mainPlanOf(digits.slice(0, length));
      if (plan) return plan.assignsAfterCode(digits.slice(length)) ?? assignmentOf(number) !== 'none';
    }
    return assignmentOf(number) !== 'none';
  }

  private mainPlanOf(callingCode: string): NumberingPlan | undefined {
    if (this.byCode.has(callingCode)) return this.byCode.get(callingCode);
    const country = countriesOf(callingCode)[0];
    const plan = country && new NumberingPlan(country);
    this.byCode.set(callingCode, plan);
    return plan;
  }

  private ownPlans(): readonly NumberingPlan[] {
    this.plans ??= this.regions
      .filter((region) => isSupportedCountry(region))
      .map((region) => new NumberingPlan(region as CountryCode));
    return this.plans;
  }

  private isAssigned(plan: NumberingPlan, number: string, digits: string): boolean {
    // Dialled abroad, and nobody is assigned that: `isCalledFromAbroad` was asked before.
    if (!plan.mayHold(digits)) return false;
    if (plan.dialsAbroadWith00 && digits.startsWith('00')) return false;
    // The library takes no tab for a separator.
    const known = number.includes('\t') ? undefined : plan.assigns(digits);
    return known ?? assignmentOf(number, plan.country) !== 'none';
  }
}

function digitsOf(number: string): string {
  return number.replace(/\D+/g, '');
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

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CountryCode, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { MaskingProfile } from '#contracts';
import { NumberingPlan } from './numbering-plan.ts';
import { PhonePlans } from './phone-plan.ts';

const regions = MaskingProfile.parse({}).phoneRegions as readonly CountryCode[];
const plans = regions.map((region) => new NumberingPlan(region));

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));
/** Near what is assigned: the beginning of an example, with or without a trunk prefix, and other digits after it. */
const nearExample = fc
  .tuple(
    fc.constantFrom(...regions),
    fc.constantFrom('', '', '0', '1', '8'),
    fc.nat({ max: 8 }),
    digits(8, 8),
  )
  .map(([region, prefix, kept, tail]) => {
    const national = getExampleNumber(region, examples)!.nationalNumber as string;
    return prefix + national.slice(0, kept) + tail.slice(0, Math.max(0, national.length - kept));
  });

test('a plan assigns exactly the numbers that the library calls valid', () => {
  fc.assert(
    fc.property(fc.oneof(nearExample, nearExample, digits(7, 13)), (number) => {
      for (const plan of plans) {
        if (!plan.mayHold(number)) continue;
        const assigned = plan.assigns(number);
        if (assigned === undefined) continue;
        const isValid = parsePhoneNumberFromString(number, plan.country)?.isValid() === true;
        if (assigned !== isValid) throw new Error(`${plan.country} ${number}: ${assigned}`);
      }
    }),
    { numRuns: process.env.LONG === '1' ? 20_000 : 1_000 },
  );
  expect(plans.every((plan) => plan.assigns('0') !== true)).toBe(true);
});

const codes = fc.constantFrom(
  '1',
  '7',
  '20',
  '39',
  '44',
  '47',
  '49',
  '52',
  '54',
  '55',
  '61',
  '212',
  '353',
  '800',
  '0',
  '999',
);

test('a number with a calling code is assigned exactly where the library calls it valid', () => {
  const all = new PhonePlans([]);
  fc.assert(
    fc.property(codes, fc.oneof(nearExample, digits(5, 12)), (code, number) => {
      const whole = `+${code} ${number}`;
      expect([whole, all.assigns(whole)]).toEqual([
        whole,
        parsePhoneNumberFromString(whole)?.isValid() === true,
      ]);
    }),
    { numRuns: process.env.LONG === '1' ? 50_000 : 2_000 },
  );
});

import { type CountryCode, type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { phoneCheck } from '../../checks/phones/phone.ts';
import type { DetectorRule } from '../../detecting/rule.ts';
import { PHONE } from '../core.ts';

const LEAST_CERTAIN = 0.5;

/** Telephone numbers of one country as an entity of their own, of some kinds or all; PHONE_NUMBER comes before it. */
export function phoneOf(
  id: string,
  entity: string,
  country: CountryCode,
  kinds?: readonly NumberType[],
): DetectorRule {
  const isPhone = phoneCheck([country]);
  return {
    ...PHONE,
    id,
    entity,
    check: (text, isEnough, around) => {
      const score = isPhone(text, isEnough, around);
      if (typeof score !== 'number') return false;
      const parsed = parsePhoneNumberFromString(text, country);
      if (parsed?.country !== country || (kinds && !kinds.includes(parsed.getType()))) return false;
      return score > LEAST_CERTAIN ? score - 0.01 : score;
    },
  };
}

import type { ruleValidators } from '#contracts';
import type { Check } from '../detecting/rule.ts';
import { isCard } from './card.ts';
import { entropy } from './entropy.ts';
import { isIban } from './iban.ts';
import { ipScore } from './ip.ts';
import { digitsOf, luhn } from './luhn.ts';
import { phoneCheck } from './phones/phone.ts';

const RANDOM_BITS_PER_CHAR = 3;

/** The check an own rule names; it only says yes or no, the score is the rule's. */
export function validatorOf(name: (typeof ruleValidators)[number], regions: readonly string[]): Check {
  switch (name) {
    case 'luhn':
      return (value) => luhn(digitsOf(value));
    case 'card':
      return isCard;
    case 'iban':
      return isIban;
    case 'phone': {
      const check = phoneCheck(regions);
      return (value, _isEnough, around) => check(value, () => true, around) !== false;
    }
    case 'ip':
      return (value) => ipScore(value) !== false;
    case 'entropy':
      return (value) => entropy(value) >= RANDOM_BITS_PER_CHAR;
    default:
      return name satisfies never;
  }
}

import { charSet, union, WORD_WIDE } from '../../automaton/char-set.ts';
import type { Check, DetectorRule } from '../../detecting/rule.ts';

const BEFORE = union(WORD_WIDE, charSet('.-+$'));

/** Words that announce a passport, in the languages of the packs. */
export const PASSPORT = [
  'passport',
  'reisepass',
  'passeport',
  'pasaporte',
  'passaporto',
  'travel document',
  'ausweis',
];

/** A national identifier: an entity, its written form, how sure the form alone is, and the words that announce it. */
export function identifier(
  id: string,
  entity: string,
  pattern: string,
  score: number,
  context: readonly string[],
  check?: Check,
): DetectorRule {
  return {
    id,
    entity,
    pattern,
    score,
    context,
    left: BEFORE,
    right: WORD_WIDE,
    ...(check && { check }),
  };
}

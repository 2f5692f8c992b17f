import type { OpenName } from './open-name.ts';

const ADDRESS = 2;
const ORGANIZATION = 4;
const NEVER = 1;

/**
 * How clear the start of a name must be for what it looks like: written like a name and known as one least, a single
 * word that nobody is known to be called, or a heading of everyday words, more. Words without a capital are names where each is known as one.
 */
export function neededScore(name: OpenName): number {
  if (name.type === ADDRESS) return forAddress(name);
  const { words, titles, uppers, known, common } = name;
  if (titles + uppers === 0) return known === words ? 0.8 : NEVER;
  if (common === words) return name.type === ORGANIZATION ? 0.85 : 0.9;
  if (words === 1 && known === 0) return titles === 1 ? 0.75 : 0.88;
  if (titles + uppers < words) return known > 0 ? 0.65 : 0.8;
  return known > 0 ? 0.5 : 0.65;
}

/** Without a number or a word like "street", a row of names is seldom an address. */
function forAddress({ titles, known, numbers, ofAddress }: OpenName): number {
  if (numbers + ofAddress === 0) return 0.9;
  return titles + known > 1 ? 0.6 : 0.75;
}

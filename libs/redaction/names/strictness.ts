import type { OpenName } from './open-name.ts';

const ADDRESS = 2;
const ORGANIZATION = 4;
const PERSON = 1;
const NEVER = 1;

/**
 * How clear the start of a name must be for what it looks like: written like a name and known as one least, a single
 * word that nobody is known to be called, or a heading of everyday words, more.
 */
export function neededScore(name: OpenName): number {
  if (name.type === ADDRESS) return forAddress(name);
  const { words, titles, uppers, known, common } = name;
  if (titles + uppers === 0) return forLower(name);
  if (common === words) return name.type === ORGANIZATION ? 0.85 : 0.9;
  if (words === 1 && known === 0) return titles === 1 ? 0.75 : 0.88;
  if (titles + uppers < words) return known > 0 ? 0.65 : 0.8;
  return known > 0 ? 0.5 : 0.65;
}

/**
 * Words without a capital: each known as a name, or two or three of which some are in no list, after a word that announces
 * a name, or where the words around leave little doubt.
 */
function forLower({ type, words, known, common, isInProgram, isAnnounced }: OpenName): number {
  if (known === words) return 0.8;
  if (type !== PERSON || words < 2 || words > 3 || common > 0) return NEVER;
  if (!isAnnounced) return 0.88;
  return isInProgram ? 0.93 : 0.8;
}

/** Without a number or a word like "street", a row of names is seldom an address. */
function forAddress({ titles, known, numbers, ofAddress }: OpenName): number {
  if (numbers + ofAddress === 0) return 0.9;
  return titles + known > 1 ? 0.6 : 0.75;
}

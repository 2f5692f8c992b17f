import type { PackName } from '#contracts';
import type { DetectorRule } from '../detecting/rule.ts';
import { CORE, phoneRules } from './core.ts';
import { AMERICAS, AU, IN, KR, SG } from './countries/elsewhere.ts';
import { ES, FR, IT, NORDIC, OTHER_EUROPE, PL } from './countries/europe.ts';
import { GB } from './countries/gb.ts';
import { DE } from './countries/germany.ts';
import { US } from './countries/us.ts';
import { OTHER_WORLD } from './countries/world.ts';
import { SECRETS } from './secrets/secrets.ts';
import { CRYPTO, DATES, WEB } from './web.ts';

/** The rules of a pack. `regions` are the ISO 3166 codes whose national phone formats count. */
const PACKS: Record<PackName, (regions: readonly string[]) => readonly DetectorRule[]> = {
  core: (regions) => [...CORE, ...CRYPTO, ...phoneRules(regions)],
  secrets: () => SECRETS,
  web: () => WEB,
  dates: () => DATES,
  us: () => US,
  gb: () => GB,
  de: () => DE,
  fr: () => FR,
  es: () => ES,
  it: () => IT,
  pl: () => PL,
  nordic: () => NORDIC,
  europe: () => OTHER_EUROPE,
  sg: () => SG,
  au: () => AU,
  in: () => IN,
  kr: () => KR,
  americas: () => AMERICAS,
  world: () => OTHER_WORLD,
};

/** The rules of several packs, each rule once. */
export function rulesOf(packs: readonly PackName[], regions: readonly string[]): DetectorRule[] {
  const byId = new Map<string, DetectorRule>();
  for (const pack of packs) for (const rule of PACKS[pack](regions)) byId.set(rule.id, rule);
  return [...byId.values()];
}

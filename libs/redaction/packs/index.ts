import type { PackName } from '#contracts';
import type { DetectorRule } from '../rule.ts';
import { CORE, phoneRules } from './core.ts';
import { SECRETS } from './secrets.ts';

/** The rules of a pack. `regions` are the ISO 3166 codes whose national phone formats count. */
const PACKS: Record<PackName, (regions: readonly string[]) => readonly DetectorRule[]> = {
  core: (regions) => [...CORE, ...phoneRules(regions)],
  secrets: () => SECRETS,
};

/** The rules of several packs, each rule once. */
export function rulesOf(packs: readonly PackName[], regions: readonly string[]): DetectorRule[] {
  const byId = new Map<string, DetectorRule>();
  for (const pack of packs) for (const rule of PACKS[pack](regions)) byId.set(rule.id, rule);
  return [...byId.values()];
}

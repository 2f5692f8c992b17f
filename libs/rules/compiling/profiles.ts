import { MaskingProfile, namesModes, type PolicyDocument, type ProfileReference } from '#contracts';
import { contentDigest } from '../content-digest.ts';

/** Rules may together ask for so many different profiles on one side. */
export const combinedProfilesLimit = 6;

type Profiles = Map<string, { readonly reference: ProfileReference; readonly profile: MaskingProfile }>;

/**
 * The document's profiles by name, and those of every combination that rules can ask for together: `a+b` masks
 * whatever `a` or `b` masks. Throws RangeError where rules use too many different ones.
 */
export function profileTable({ masking, rules }: PolicyDocument): Profiles {
  const table: Profiles = new Map();
  const add = (name: string, profile: MaskingProfile) =>
    table.set(name, { reference: { name, digest: contentDigest(profile) }, profile });
  for (const [name, profile] of Object.entries(masking.profiles)) add(name, profile);
  for (const side of ['request', 'answer'] as const) {
    const used = new Set<string>();
    for (const rule of rules) {
      const name = rule.mask?.[side];
      if (name !== undefined && rule.mode === 'enforce' && table.has(name)) used.add(name);
    }
    if (used.size > combinedProfilesLimit) {
      throw new RangeError(
        `expected at most ${combinedProfilesLimit} different masking profiles for one side`,
      );
    }
    for (const names of subsets([...used].sort())) {
      if (names.length < 2) continue;
      const parts = names.map((name) => masking.profiles[name]!);
      add(combinedName(names), parts.reduce(combineProfiles));
    }
  }
  return table;
}

/** The name under which a combination stands in the table. */
export function combinedName(names: readonly string[]): string {
  return [...new Set(names)].sort().join('+');
}

function subsets(items: readonly string[]): string[][] {
  const sets: string[][] = [[]];
  for (const item of items) sets.push(...sets.map((set) => [...set, item]));
  return sets;
}

/** A profile that masks what either masks: the union of rules, the lower threshold, only common exceptions. */
export function combineProfiles(a: MaskingProfile, b: MaskingProfile): MaskingProfile {
  const stricter = a.mode === 'enforce' ? a : b;
  const common = <T>(x: readonly T[], y: readonly T[]) => x.filter((item) => y.includes(item));
  const external = byDigest([...(a.external ?? []), ...(b.external ?? [])]);
  return {
    ...stricter,
    mode: stricter.mode,
    packs: [...new Set([...a.packs, ...b.packs])].sort(),
    names: strongestNames([a.names, b.names]),
    languages: [...new Set([...a.languages, ...b.languages])].sort(),
    phoneRegions: [...new Set([...a.phoneRegions, ...b.phoneRegions])].sort(),
    defaults: {
      ...stricter.defaults,
      threshold: Math.min(a.defaults.threshold, b.defaults.threshold),
      operator: strictestOperator(a.defaults.operator, b.defaults.operator),
      where: a.defaults.where === b.defaults.where ? a.defaults.where : 'both',
      onError: a.defaults.onError === 'block' || b.defaults.onError === 'block' ? 'block' : 'mask',
    },
    entities: combineEntities(a, b),
    rules: byId([...a.rules, ...b.rules]),
    wordLists: byId([...a.wordLists, ...b.wordLists]),
    allow: {
      exact: common(a.allow.exact, b.allow.exact),
      patterns: common(a.allow.patterns, b.allow.patterns),
      cidrs: common(a.allow.cidrs, b.allow.cidrs),
    },
    fields: [...a.fields, ...b.fields.filter((field) => !a.fields.some(({ path }) => path === field.path))],
    ...(external.length > 0 && { external }),
  };
}

/** Of several, the mode that finds most. */
export function strongestNames(modes: readonly MaskingProfile['names'][]): MaskingProfile['names'] {
  return namesModes[Math.max(0, ...modes.map((mode) => namesModes.indexOf(mode)))]!;
}

const strictness = [
  'keep',
  'mask',
  'fpe',
  'pseudonym',
  'encrypt',
  'token',
  'hash',
  'replace',
  'redact',
  'block',
] as const;

type Operator = MaskingProfile['defaults']['operator'];

function strictestOperator(a: Operator, b: Operator): Operator {
  return strictness.indexOf(a.kind) >= strictness.indexOf(b.kind) ? a : b;
}

/** An entity that only one side adjusts meets the other side's defaults there. */
function combineEntities(a: MaskingProfile, b: MaskingProfile): MaskingProfile['entities'] {
  const combined: MaskingProfile['entities'] = {};
  for (const entity of new Set([...Object.keys(a.entities), ...Object.keys(b.entities)])) {
    const [x, y] = [adjusted(a, entity), adjusted(b, entity)];
    if (!x.enabled || !y.enabled) {
      combined[entity] = x.enabled ? x : y;
      continue;
    }
    combined[entity] = {
      enabled: true,
      operator: strictestOperator(x.operator, y.operator),
      threshold: Math.min(x.threshold, y.threshold),
      where: x.where === y.where ? x.where : 'both',
    };
  }
  return combined;
}

function adjusted(profile: MaskingProfile, entity: string) {
  const own = profile.entities[entity];
  return {
    enabled: own?.enabled ?? true,
    operator: own?.operator ?? profile.defaults.operator,
    threshold: own?.threshold ?? profile.defaults.threshold,
    where: own?.where ?? profile.defaults.where,
  };
}

function byDigest<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [contentDigest(item), item])).values()];
}

function byId<T extends { readonly id: string }>(items: readonly T[]): T[] {
  const kept = new Map<string, T>();
  for (const item of items) {
    const taken = kept.get(item.id);
    if (taken === undefined) kept.set(item.id, item);
    else if (contentDigest(taken) !== contentDigest(item))
      kept.set(`${item.id}.2`, { ...item, id: `${item.id}.2` });
  }
  return [...kept.values()];
}

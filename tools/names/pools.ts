import { allFakers } from '@faker-js/faker';
import { nicknames, romanised, surnames } from './data/people.ts';
import { cities, countries, regions } from './data/places.ts';

export interface NamePool {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** Locales of faker whose names are used, with how often. Those in other scripts than Latin are rare on purpose. */
const locales: ReadonlyArray<readonly [string, number]> = [
  ['en', 30],
  ...(
    'de fr es it nl pt_BR pt_PT sv da nb_NO fi pl cs_CZ hu ro hr tr es_MX fr_BE id_ID en_IN en_NG en_GH en_ZA en_AU vi sk sl_SI sr_RS_latin lv yo_NG zu_ZA af_ZA fr_SN uz_UZ_latin az en_HK'.split(
      ' ',
    ) as string[]
  ).map((name) => [name, 1] as const),
  ...['ru', 'uk', 'el'].map((name) => [name, 0.3] as const),
];

interface Weighted<T> {
  readonly item: T;
  readonly upTo: number;
}

/** One in ten names is never trained on: the evaluation measures those apart. */
export function isHeldOut(name: string): boolean {
  let hash = 7;
  for (const unit of name.toLowerCase()) hash = (Math.imul(hash, 31) + unit.codePointAt(0)!) | 0;
  return (hash >>> 8) % 10 === 0;
}

const usable = (name: string) => /^[\p{L}][\p{L}' .-]{1,24}$/u.test(name);

function listOf(entry: unknown): string[] {
  if (Array.isArray(entry)) return entry.filter((name): name is string => typeof name === 'string');
  return entry && typeof entry === 'object' ? Object.values(entry).flatMap(listOf) : [];
}

/** The names of one of faker's locales. */
export function localeNames(locale: string): NamePool {
  const { definitions } = allFakers[locale as keyof typeof allFakers];
  const { person } = definitions as { person?: { first_name?: unknown; last_name?: unknown } };
  const clean = (entry: unknown) => [...new Set(listOf(entry))].filter(usable);
  return { first: clean(person?.first_name), last: clean(person?.last_name) };
}

function trained({ first, last }: NamePool): NamePool {
  return { first: first.filter((n) => !isHeldOut(n)), last: last.filter((n) => !isHeldOut(n)) };
}

function weighted<T>(items: ReadonlyArray<readonly [T, number]>): Weighted<T>[] {
  let upTo = 0;
  return items.map(([item, weight]) => {
    upTo += weight;
    return { item, upTo };
  });
}

export function pickWeighted<T>(items: ReadonlyArray<Weighted<T>>, at: number): T {
  const target = at * items[items.length - 1]!.upTo;
  return (items.find(({ upTo }) => target < upTo) ?? items[items.length - 1]!).item;
}

function buildPools(): Weighted<NamePool>[] {
  const english = localeNames('en');
  const first = [...english.first, ...nicknames, ...nicknames];
  const own = { first, last: [...surnames, ...surnames, ...english.last] };
  const pools: Array<readonly [NamePool, number]> = locales
    .filter(([name]) => name !== 'en')
    .map(([name, weight]) => [trained(localeNames(name)), weight] as const)
    .filter(([pool]) => pool.first.length > 5 && pool.last.length > 5);
  const split = (text: string) => text.split(' ');
  for (const [firsts, lasts] of romanised)
    pools.push([trained({ first: split(firsts), last: split(lasts) }), 1.2]);
  return weighted([[trained(own), 45], ...pools]);
}

export const pools = buildPools();

/** Every name that training uses. */
export function allTrainedNames(): NamePool {
  return { first: pools.flatMap(({ item }) => item.first), last: pools.flatMap(({ item }) => item.last) };
}

const faker = allFakers.en.definitions as unknown as {
  location: {
    city_name: string[];
    country: string[];
    state: string[];
    state_abbr: string[];
    street_suffix: string[];
    county: string[];
  };
  word: Record<string, string[]>;
};
export const location = faker.location;
export const words = faker.word;
export const cityNames = [...cities, ...cities, ...faker.location.city_name];
export const countryNames = [
  ...countries,
  ...countries,
  ...faker.location.country.filter((name) => /^[A-Z][A-Za-z ]+$/.test(name)),
];
export const regionNames = [...regions, ...faker.location.state];

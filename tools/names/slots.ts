import type { Chance } from '../chance.ts';
import { firmNouns, firmSuffixes, firmWords, knownFirms } from './data/firms.ts';
import { particles, suffixes, titles } from './data/people.ts';
import { foreignStreets, nationalities, streetNames } from './data/places.ts';
import { things } from './data/things.ts';
import { codePoint, constant, hexadecimal, script, shortened, typeName } from './identifiers.ts';
import {
  cityNames,
  countryNames,
  location,
  type NamePool,
  pickWeighted,
  pools,
  regionNames,
  words,
} from './pools.ts';
import { type Piece, plain } from './sample.ts';

const person = (text: string): Piece => ({ text, type: 1 });
const address = (text: string): Piece => ({ text, type: 2 });
const place = (text: string): Piece => ({ text, type: 3 });
const firm = (text: string): Piece => ({ text, type: 4 });
const found = (text: string): Piece => ({ text, type: 'found' });

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const onsets = 'b br c ch d dr f fl g gr h j k kr l m n p r s sh st t th tr v w y z'.split(' ');
const nuclei = 'a e i o u ai ea ee ia io oo ou'.split(' ');
const codas = ['', '', '', '', 'n', 'r', 's', 'l', 'm', 'k', 'th', 'nd', 'rt', 'x'];

/** A name nobody has: so that the words around count, not only the name. */
export function madeUp(chance: Chance): string {
  const syllables = 2 + chance.below(2);
  let text = '';
  for (let k = 0; k < syllables; k++) text += chance.pick(onsets) + chance.pick(nuclei);
  return capital(text + chance.pick(codas));
}

const pool = (chance: Chance): NamePool => pickWeighted(pools, chance.next());
const first = (chance: Chance, from = pool(chance)) =>
  chance.chance(0.12) ? madeUp(chance) : chance.pick(from.first);
const last = (chance: Chance, from = pool(chance)) =>
  chance.chance(0.14) ? madeUp(chance) : chance.pick(from.last);
const initial = (chance: Chance) => String.fromCharCode(65 + chance.below(26));

function fullName(chance: Chance): string {
  const from = pool(chance);
  const [a, b] = [first(chance, from), last(chance, from)];
  const kind = chance.next();
  if (kind < 0.62) return `${a} ${b}`;
  if (kind < 0.7) return `${a} ${initial(chance)}. ${b}`;
  if (kind < 0.76) return `${a} ${first(chance, from)} ${b}`;
  if (kind < 0.8) return `${initial(chance)}. ${b}`;
  if (kind < 0.82) return `${initial(chance)}.${chance.pick(['', ' '])}${initial(chance)}. ${b}`;
  if (kind < 0.86) return `${a} ${chance.pick(particles)} ${b}`;
  if (kind < 0.9) return `${a} ${b}-${last(chance, from)}`;
  if (kind < 0.93) return `${a} ${b} ${chance.pick(suffixes)}`;
  if (kind < 0.95) return `${a} ${chance.pick(["O'", 'Mc', 'Mac', "D'"])}${last(chance, from)}`;
  if (kind < 0.97) return `${a}-${first(chance, from)} ${b}`;
  if (kind < 0.985) return `${a} ${initial(chance)} ${b}`;
  return `${a} ${b} ${last(chance, from)}`;
}

const streetSuffixes =
  'Street St St. Avenue Ave Ave. Road Rd Rd. Lane Ln Drive Dr Dr. Boulevard Blvd Blvd. Court Ct Place Pl Terrace Way Circle Square Highway Parkway Trail Crescent Close Grove Mews'.split(
    ' ',
  );
const directions = 'N. S. E. W. North South East West N S E W NW SE'.split(' ');

function houseNumber(chance: Chance): string {
  const digits = String(1 + chance.below(chance.pick([60, 400, 9999, 99_999])));
  return chance.chance(0.06) ? digits + chance.pick(['A', 'B', 'C', 'a', 'b']) : digits;
}

function streetName(chance: Chance): string {
  const kind = chance.next();
  const suffix = chance.chance(0.4) ? chance.pick(location.street_suffix) : chance.pick(streetSuffixes);
  if (kind < 0.35) return `${chance.pick(streetNames)} ${suffix}`;
  if (kind < 0.6) return `${last(chance)} ${suffix}`;
  if (kind < 0.72) return `${first(chance)} ${suffix}`;
  if (kind < 0.8) return `${chance.pick(directions)} ${chance.pick(streetNames)} ${suffix}`;
  if (kind < 0.86) return `${chance.pick(streetNames)} ${chance.pick(streetNames)} ${suffix}`;
  if (kind < 0.92) return `${1 + chance.below(120)}${chance.pick(['th', 'st', 'nd', 'rd'])} ${suffix}`;
  if (kind < 0.96) return capital(`${chance.pick(words.noun!)} ${suffix}`);
  return `${chance.pick(first(chance).split(' '))} ${last(chance)} ${suffix}`;
}

function unit(chance: Chance): string {
  const number = String(1 + chance.below(chance.pick([20, 999])));
  return chance.pick([
    `Apt. ${number}`,
    `Apt ${number}`,
    `Suite ${number}`,
    `Unit ${number}`,
    `#${number}`,
    `Flat ${number}`,
    `Ste ${number}`,
    `Apt. ${number}${initial(chance)}`,
    `Apartment ${number}`,
    `Floor ${number}`,
  ]);
}

function town(chance: Chance): string {
  const kind = chance.next();
  if (kind < 0.45) return chance.pick(cityNames);
  if (kind < 0.6)
    return `${chance.pick(['North', 'South', 'East', 'West', 'New', 'Lake', 'Port', 'Fort', 'Mount', 'St.'])} ${first(chance)}${chance.pick(['', 'ton', 'ville', 'view', 'side', 'shire', 'borough'])}`;
  if (kind < 0.8)
    return (
      last(chance) +
      chance.pick([
        'ton',
        'ville',
        'burgh',
        'berg',
        'bury',
        'view',
        'fort',
        'haven',
        'chester',
        'mouth',
        'side',
        'land',
        'furt',
        'shire',
        'stad',
        'town',
        'stead',
        'ford',
        ' Heights',
        ' Springs',
        ' Falls',
        ' City',
      ])
    );
  return madeUp(chance);
}

const usZip = (chance: Chance) => chance.digits(5) + (chance.chance(0.12) ? `-${chance.digits(4)}` : '');
const ukCode = (chance: Chance) =>
  `${initial(chance)}${chance.pick(['', initial(chance)])}${1 + chance.below(20)} ${1 + chance.below(9)}${initial(chance)}${initial(chance)}`;

/** A postal address as several countries write it; one line or more. */
function fullAddress(chance: Chance): string {
  const kind = chance.next();
  const gap = chance.pick([', ', ', ', ', ', '\n', '\n', ' ', ',\n', '\n ', '\n   ']);
  const between = chance.chance(0.8) ? gap : ', ';
  const state = chance.chance(0.8) ? chance.pick(location.state_abbr) : chance.pick(location.state);
  const city = town(chance);
  const street = `${houseNumber(chance)} ${streetName(chance)}`;
  const flat = chance.chance(0.35) ? `${chance.pick([', ', ' ', gap])}${unit(chance)}` : '';
  const land = chance.chance(0.25) ? `${between}${chance.pick(countryNames)}` : '';
  if (kind < 0.38)
    return `${street}${flat}${between}${city}${chance.pick([', ', ' ', ', '])}${state}${chance.pick([' ', ' ', ', '])}${usZip(chance)}${land}`;
  if (kind < 0.5) return `${street}${flat}${between}${city}${chance.chance(0.5) ? `, ${state}` : ''}${land}`;
  if (kind < 0.56)
    return `${street}${flat}${between}${city}${chance.pick([' ', ', '])}${ukCode(chance)}${land}`;
  if (kind < 0.61)
    return `${street}${between}${city} ${chance.pick(['NSW', 'VIC', 'QLD', 'WA', 'SA'])} ${chance.digits(4)}${land}`;
  if (kind < 0.65)
    return `${street}${between}${city} ${chance.pick(['ON', 'QC', 'BC', 'AB'])} ${initial(chance)}${chance.digits(1)}${initial(chance)} ${chance.digits(1)}${initial(chance)}${chance.digits(1)}${land}`;
  if (kind < 0.75) return `${foreignStreet(chance)}${between}${foreignCode(chance)} ${city}${land}`;
  if (kind < 0.8)
    return `${foreignStreet(chance)}${between}${city}${chance.pick([' ', ', ', '\n'])}${chance.pick(countryNames)}${chance.pick([' ', ', '])}${chance.digits(5)}`;
  if (kind < 0.85)
    return `${houseNumber(chance)} ${foreignStreetName(chance)} ${1 + chance.below(99)}${chance.chance(0.5) ? ` ${unit(chance)}` : ''}${between}${city}${chance.pick(['\n, ', ', ', ' , '])}${state}${gap}${chance.pick(countryNames)} ${chance.digits(5)}`;
  if (kind < 0.89)
    return `${chance.pick(['P.O. Box', 'P.O. Box', 'PO Box', 'P.O. BOX', 'Post Office Box', 'Box'])} ${chance.digits(3 + chance.below(2))}${between}${city}, ${state} ${usZip(chance)}`;
  if (kind < 0.9)
    return `${chance.pick([`PSC ${chance.digits(4)}, Box ${chance.digits(4)}`, `Unit ${chance.digits(4)} Box ${chance.digits(4)}`, `USS ${last(chance)}`, `USNS ${last(chance)}`])}\n${chance.pick(['APO', 'FPO', 'DPO'])} ${chance.pick(['AA', 'AE', 'AP'])} ${chance.digits(5)}`;
  if (kind < 0.94) return `${unit(chance)}, ${street}${between}${city}${land}`;
  return street + flat;
}

/** Postal codes that stand before the town. */
function foreignCode(chance: Chance): string {
  const two = () => String.fromCharCode(65 + chance.below(26), 65 + chance.below(26));
  return chance.pick([
    chance.digits(5),
    chance.digits(5),
    chance.digits(4),
    `${chance.digits(4)} ${two()}`,
    `${chance.digits(2)}-${chance.digits(3)}`,
    `${chance.digits(3)} ${chance.digits(2)}`,
    `${chance.pick(['D', 'F', 'A', 'CH'])}-${chance.digits(5)}`,
  ]);
}

function foreignStreetName(chance: Chance): string {
  if (chance.chance(0.6)) return chance.pick(foreignStreets);
  return chance.pick([
    `${last(chance)}straße`,
    `${last(chance)}strasse`,
    `${last(chance)}str.`,
    `rue ${last(chance)}`,
    `Calle ${last(chance)}`,
    `Via ${last(chance)}`,
    `${last(chance)}gatan`,
    `${last(chance)}straat`,
    `Rua ${last(chance)}`,
    `${last(chance)}vej`,
    `${last(chance)}weg`,
    `Rue de ${last(chance)}`,
    `ul. ${last(chance)}`,
    `${last(chance)}gasse`,
    `${last(chance)}katu`,
  ]);
}

function foreignStreet(chance: Chance): string {
  const name = foreignStreetName(chance);
  const number = houseNumber(chance);
  if (/^(?:rue|Rue|avenue|boulevard|place|chemin)/.test(name))
    return `${number}${chance.pick([' ', ', ', ' bis '])}${name}`;
  return `${name}${chance.pick([' ', ' ', ', '])}${number}`;
}

function firmName(chance: Chance): string {
  const kind = chance.next();
  if (kind < 0.16) return chance.pick(knownFirms);
  if (kind < 0.3) return `${last(chance)} ${chance.pick(firmSuffixes)}`;
  if (kind < 0.4) return `${last(chance)}, ${last(chance)} and ${last(chance)}`;
  if (kind < 0.5) return `${last(chance)}-${last(chance)}`;
  if (kind < 0.62)
    return `${chance.pick(firmWords)} ${chance.pick(firmNouns)}${chance.chance(0.5) ? ` ${chance.pick(firmSuffixes)}` : ''}`;
  if (kind < 0.7)
    return `${last(chance)} ${chance.chance(0.3) ? `& ${last(chance)} ` : ''}${chance.pick(firmNouns)}`;
  if (kind < 0.76)
    return `${chance.pick(['University of', 'Bank of', 'Institute of', 'Church of'])} ${town(chance)}`;
  if (kind < 0.84)
    return `${town(chance)} ${chance.pick(['University', 'College', 'General Hospital', 'High School', 'City Council', 'Bank', 'Medical Center', 'Public Library', 'Police Department'])}`;
  if (kind < 0.92) return madeUp(chance) + (chance.chance(0.4) ? ` ${chance.pick(firmSuffixes)}` : '');
  return `${chance.pick(firmWords)}${chance.pick(['', ` ${chance.pick(firmSuffixes)}`])}`;
}

const months =
  'January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec'.split(
    ' ',
  );
const days = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

function date(chance: Chance): string {
  const [d, m, y] = [1 + chance.below(28), chance.pick(months), 1930 + chance.below(100)];
  return chance.pick([
    `${m} ${d}, ${y}`,
    `${d} ${m} ${y}`,
    `${m} ${d}`,
    `${y}-0${1 + chance.below(9)}-${10 + chance.below(18)}`,
    `${1 + chance.below(12)}/${d}/${y}`,
    `${d}.${1 + chance.below(12)}.${y}`,
    `${m} ${y}`,
    chance.pick(days),
    `${m} ${d}th`,
    `${chance.pick(days)}, ${m} ${d}`,
  ]);
}

function phone(chance: Chance): Piece {
  const text = chance.pick([
    `(${chance.digits(3)}) ${chance.digits(3)}-${chance.digits(4)}`,
    `+1 ${chance.digits(3)} ${chance.digits(3)} ${chance.digits(4)}`,
    `${chance.digits(3)}-${chance.digits(3)}-${chance.digits(4)}`,
    `+44 20 ${chance.digits(4)} ${chance.digits(4)}`,
  ]);
  return chance.chance(0.75) ? found(text) : plain(text);
}

type Slot = (chance: Chance) => Piece | readonly Piece[];

/** What a `{slot}` of a template stands for. */
export const slots: Readonly<Record<string, Slot>> = {
  person: (c) => person(c.chance(0.78) ? fullName(c) : first(c)),
  full: (c) => person(fullName(c)),
  first: (c) => person(first(c)),
  last: (c) => person(last(c)),
  reversed: (c) => person(`${last(c)}, ${first(c)}${c.chance(0.2) ? ` ${initial(c)}.` : ''}`),
  titled: (c) => [plain(`${c.pick(titles)} `), person(c.chance(0.5) ? last(c) : fullName(c))],
  poss: (c) => [person(c.chance(0.5) ? first(c) : fullName(c)), plain(c.pick(["'s", '’s']))],
  address: (c) => address(fullAddress(c)),
  street: (c) => address(c.chance(0.75) ? `${houseNumber(c)} ${streetName(c)}` : foreignStreet(c)),
  road: (c) => address(streetName(c)),
  city: (c) => place(c.chance(0.75) ? c.pick(cityNames) : town(c)),
  country: (c) => place(c.pick(countryNames)),
  region: (c) => place(c.pick(regionNames)),
  cityState: (c) => [
    place(c.pick(cityNames)),
    plain(', '),
    place(c.pick(c.chance(0.6) ? location.state_abbr : countryNames)),
  ],
  firm: (c) => firm(firmName(c)),
  email: (c) => found(`${first(c).toLowerCase()}@example.com`),
  phone,
  card: (c) => found(`4${c.digits(3)} ${c.digits(4)} ${c.digits(4)} ${c.digits(4)}`),
  iban: (c) => found(`GB${c.digits(2)}WEST${c.digits(14)}`),
  ssn: (c) => (c.chance(0.7) ? found : plain)(`${c.digits(3)}-${c.digits(2)}-${c.digits(4)}`),
  ip: (c) => found(`${10 + c.below(200)}.${c.below(255)}.${c.below(255)}.${c.below(255)}`),
  url: (c) => plain(`https://www.${madeUp(c).toLowerCase()}.com/${c.pick(words.noun!)}`),
  date: (c) => plain(date(c)),
  month: (c) => plain(c.pick(months)),
  day: (c) => plain(c.pick(days)),
  time: (c) => plain(`${1 + c.below(12)}${c.pick([':30', ':15', ''])} ${c.pick(['am', 'pm', 'AM', 'PM'])}`),
  n: (c) => plain(String(1 + c.below(c.pick([9, 60, 900, 90_000])))),
  money: (c) => plain(`${c.pick(['$', '€', '£'])}${1 + c.below(9999)}${c.pick(['', '.00', 'k'])}`),
  id: (c) => plain(`${initial(c)}${initial(c)}${c.pick(['', '-'])}${c.digits(3 + c.below(5))}`),
  hex: (c) => plain(hexadecimal(c)),
  Acronym: (c) => plain(Array.from({ length: 2 + c.below(4) }, () => initial(c)).join('')),
  Code: (c) => plain(codePoint(c)),
  Type: (c) => plain(typeName(c)),
  Val: (c) => plain(shortened(c)),
  Script: (c) => plain(script(c)),
  SCRIPT: (c) => plain(script(c).toUpperCase()),
  CONST: (c) => plain(constant(c)),
  Shout: (c) => plain(c.pick(c.chance(0.6) ? words.noun! : words.adjective!).toUpperCase()),
  /** What programmers call a variable they use once. */
  short: (c) => plain(c.string('abcdefghijklmnopqrstuvwxyz', 1 + c.below(5))),
  year: (c) => plain(String(1985 + c.below(42))),
  thing: (c) => plain(c.pick(things)),
  Thing: (c) => plain(c.pick(things).split(' ').map(capital).join(' ')),
  noun: (c) => plain(c.pick(words.noun!)),
  Noun: (c) => plain(capital(c.pick(words.noun!))),
  adj: (c) => plain(c.pick(words.adjective!)),
  Adj: (c) => plain(capital(c.pick(words.adjective!))),
  verb: (c) => plain(c.pick(words.verb!)),
  Verb: (c) => plain(capital(c.pick(words.verb!))),
  nat: (c) => plain(c.pick(nationalities)),
  job: (c) => plain(c.pick(jobs)),
  title: (c) => plain(c.pick(titles)),
  placeholder: (c) => found(`[${c.pick(['EMAIL_ADDRESS', 'PERSON', 'SECRET'])}_abcde]`),
};

const jobs =
  'engineer|teacher|nurse|lawyer|accountant|manager|designer|developer|plumber|software engineer|sales manager|project manager|chef|student|doctor|journalist|CEO|CTO|CFO|Director|Senior Engineer|VP of Sales|Product Manager|receptionist|analyst|consultant'.split(
    '|',
  );

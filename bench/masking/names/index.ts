import type { Masker } from '#redaction';
import { Chance } from '../../../tools/chance.ts';
import { people } from './people.ts';
import { addresses, cities, countries, firms } from './places.ts';
import { sentences } from './sentences.ts';

interface Labelled {
  readonly text: string;
  readonly spans: ReadonlyArray<{ readonly start: number; readonly end: number; readonly entity: string }>;
}

export interface NamesQuality {
  /** Shares of the labelled characters of each type that were masked as anything. */
  readonly recall: Readonly<Record<string, number>>;
  /** Of the masked characters, those within a labelled span. */
  readonly precision: number;
  /** Shares of labelled people and addresses of which at least half the characters were masked. */
  readonly people: number;
  readonly addresses: number;
  /** Of characters, recall counting four times as much as precision. */
  readonly f2: number;
}

const titles = ['Mr', 'Mrs.', 'Dr.', 'Ms', 'Professor', 'Mr.'];

/** Labelled texts, the same in every run: none of the sentences is one that training uses. */
export function namesSet(count: number, seed = 11): Labelled[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => labelled(chance.pick(sentences), chance));
}

function labelled(sentence: string, chance: Chance): Labelled {
  let text = '';
  const spans: Array<{ start: number; end: number; entity: string }> = [];
  for (const part of sentence.split(/(\{[PFLTACNO]\})/)) {
    const [value, entity] = filled(part, chance);
    if (entity) spans.push({ start: text.length, end: text.length + value.length, entity });
    text += value;
  }
  return { text, spans };
}

function filled(part: string, chance: Chance): readonly [string, string | undefined] {
  switch (part) {
    case '{P}':
      return [chance.pick(people), 'PERSON'];
    case '{F}':
      return [chance.pick(people).split(' ')[0]!, 'PERSON'];
    case '{L}':
      return [chance.pick(people).split(' ').slice(1).join(' '), 'PERSON'];
    case '{A}':
      return [chance.pick(addresses), 'ADDRESS'];
    case '{C}':
      return [chance.pick(cities), 'LOCATION'];
    case '{N}':
      return [chance.pick(countries), 'LOCATION'];
    case '{O}':
      return [chance.pick(firms), 'ORGANIZATION'];
    case '{T}':
      return [chance.pick(titles), undefined];
    default:
      return [part, undefined];
  }
}

const OTHER_VALUES = /4111 1111 1111 1111|jane@example\.org|415-555-2671/g;

/** How much of the labelled text is masked, and how much else. */
export function measureNames(masker: Masker, texts: readonly Labelled[]): NamesQuality {
  const seen = new Map<string, { chars: number; hit: number; spans: number; found: number }>();
  let [masked, right] = [0, 0];
  for (const { text, spans } of texts) {
    const isMasked = marks(text.length, masker.maskText(text).findings);
    const others = [...text.matchAll(OTHER_VALUES)].map((m) => ({
      start: m.index,
      end: m.index + m[0].length,
    }));
    const isRight = marks(text.length, [...spans, ...others]);
    for (let k = 0; k < text.length; k++) {
      masked += isMasked[k]!;
      right += isMasked[k]! & isRight[k]!;
    }
    for (const { start, end, entity } of spans) {
      const tally = seen.get(entity) ?? { chars: 0, hit: 0, spans: 0, found: 0 };
      const hit = isMasked.subarray(start, end).reduce((sum, mark) => sum + mark, 0);
      tally.chars += end - start;
      tally.hit += hit;
      tally.spans++;
      if (hit * 2 >= end - start) tally.found++;
      seen.set(entity, tally);
    }
  }
  const recall = Object.fromEntries([...seen].map(([entity, { hit, chars }]) => [entity, hit / chars]));
  const all = [...seen.values()].reduce(
    (sum, { hit, chars }) => ({ hit: sum.hit + hit, chars: sum.chars + chars }),
    {
      hit: 0,
      chars: 0,
    },
  );
  const share = (entity: string) => (seen.get(entity)?.found ?? 0) / (seen.get(entity)?.spans ?? 1);
  const [p, r] = [right / masked, all.hit / all.chars];
  return {
    recall,
    precision: p,
    people: share('PERSON'),
    addresses: share('ADDRESS'),
    f2: (5 * p * r) / (4 * p + r),
  };
}

function marks(
  length: number,
  places: ReadonlyArray<{ readonly start: number; readonly end: number }>,
): Uint8Array {
  const marked = new Uint8Array(length);
  for (const { start, end } of places) marked.fill(1, start, end);
  return marked;
}

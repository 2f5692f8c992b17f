import { type Passage, pieces } from './corpus.ts';
import { ANSWER, END, type Token } from './vocabulary.ts';

/** A rule of the model: after `before previous current`, or while talking about `topic`, comes one of `next`. */
export interface Context {
  readonly current: number;
  readonly previous?: number;
  readonly before?: number;
  readonly topic?: number;
  /** How strongly the rule speaks; more specific rules speak louder. */
  readonly weight: number;
  /** Token and share; the shares sum to 1. */
  readonly next: readonly (readonly [number, number])[];
}

const WEIGHT = { word: 1, pair: 3, topic: 5, triple: 9, opening: 6, fallback: 0.5 } as const;

/** Counts what follows one, two and three words of the corpus; three, and the subject, only where two don't decide. */
export function contexts(passages: readonly Passage[], vocabulary: readonly Token[]): Context[] {
  const ids = new Map(vocabulary.map((token, id) => [token.text, id]));
  const lines = passages.map(({ text }) => [
    ANSWER,
    ...pieces(text).map((piece) => ids.get(piece) as number),
    END,
  ]);
  const tables = count(lines);
  const undecided = ([key]: Row) => tables.pairs.followers(key.slice(0, 2)).length > 1;
  return [
    { current: ANSWER, weight: WEIGHT.fallback, next: [[lines[0]?.[1] as number, 1]] },
    ...lines.map(
      (line, topic): Context => ({
        current: ANSWER,
        topic,
        weight: WEIGHT.opening,
        next: [[line[1] as number, 1]],
      }),
    ),
    ...tables.words.rows().map(([[current = 0], next]): Context => ({ current, weight: WEIGHT.word, next })),
    ...tables.pairs
      .rows()
      .map(
        ([[current = 0, previous = 0], next]): Context => ({ current, previous, weight: WEIGHT.pair, next }),
      ),
    ...tables.topics
      .rows()
      .filter(undecided)
      .map(
        ([[current = 0, previous = 0, topic = 0], next]): Context => ({
          current,
          previous,
          topic,
          weight: WEIGHT.topic,
          next,
        }),
      ),
    ...tables.triples
      .rows()
      .filter(undecided)
      .map(
        ([[current = 0, previous = 0, before = 0], next]): Context => ({
          current,
          previous,
          before,
          weight: WEIGHT.triple,
          next,
        }),
      ),
  ];
}

function count(lines: readonly (readonly number[])[]) {
  const tables = { words: new Table(), pairs: new Table(), topics: new Table(), triples: new Table() };
  lines.forEach((line, topic) => {
    for (let k = 1; k + 1 < line.length; k++) {
      const [previous, current, next] = line.slice(k - 1, k + 2) as [number, number, number];
      tables.words.add([current], next);
      tables.pairs.add([current, previous], next);
      tables.topics.add([current, previous, topic], next);
      const before = line[k - 2];
      if (before !== undefined) tables.triples.add([current, previous, before], next);
    }
  });
  return tables;
}

type Row = [number[], (readonly [number, number])[]];

class Table {
  private readonly counts = new Map<string, Map<number, number>>();

  add(key: readonly number[], next: number): void {
    const row = this.counts.get(key.join()) ?? new Map<number, number>();
    row.set(next, (row.get(next) ?? 0) + 1);
    this.counts.set(key.join(), row);
  }

  followers(key: readonly number[]): (readonly [number, number])[] {
    const row = [...(this.counts.get(key.join()) ?? [])];
    const total = row.reduce((sum, [, count]) => sum + count, 0);
    return row.map(([next, count]) => [next, count / total] as const);
  }

  rows(): Row[] {
    return [...this.counts.keys()].map((key) => {
      const ids = key.split(',').map(Number);
      return [ids, this.followers(ids)];
    });
  }
}

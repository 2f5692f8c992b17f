import { RedactionError } from '../errors.ts';
import type { CharSet } from './char-set.ts';
import { IntList } from './int-list.ts';
import type { Pattern } from './parse-pattern.ts';

const MAX_POSITIONS_PER_RULE = 60_000;
const MAX_POSITIONS = 400_000;

/**
 * The position automaton (Glushkov, 1961) of several patterns together: one position for each character set written in
 * a pattern, and for each position those that may follow. It has no empty moves.
 */
export interface Positions {
  /** Index of its character set, by position. */
  readonly setOf: Int32Array;
  /** What may follow position p stands in `follow` from `followAt[p]` to `followAt[p + 1]`. */
  readonly followAt: Int32Array;
  readonly follow: Int32Array;
  /** The pattern a position belongs to, if the pattern may end there; else -1. */
  readonly acceptOf: Int32Array;
  /** The positions a pattern may start with. */
  readonly first: ReadonlyArray<readonly number[]>;
}

interface Part {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const EMPTY: Part = { nullable: true, first: [], last: [] };

export class PositionBuilder {
  private readonly sets: CharSet[] = [];
  private readonly setIds = new Map<string, number>();
  private readonly seenSets = new Map<CharSet, number>();
  private readonly setOf = new IntList();
  private readonly acceptOf = new IntList();
  /** Edge k leads from `from[k]` to `to[k]`. */
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  /** First and last positions of rows, in which each position is followed by the next. */
  private readonly rows: number[] = [];
  private readonly first: Array<readonly number[]> = [];
  private ruleLimit = 0;

  /** Adds a pattern and returns its index. A list of literals may be as large as all patterns together. */
  add(pattern: Pattern, name: string, isList = false): number {
    this.ruleLimit = isList ? MAX_POSITIONS : this.setOf.length + MAX_POSITIONS_PER_RULE;
    const part = this.build(pattern, name);
    if (part.nullable) {
      throw new RedactionError(
        'redaction.pattern_matches_empty',
        `rule ${name}: its pattern matches nothing at all`,
      );
    }
    const index = this.first.length;
    for (const position of part.last) this.acceptOf.set(position, index);
    this.first.push(part.first);
    return index;
  }

  /** Registers a set that the alphabet must keep apart (a boundary); returns its index. */
  set(set: CharSet): number {
    const seen = this.seenSets.get(set);
    if (seen !== undefined) return seen;
    const key = set.join(',');
    let id = this.setIds.get(key);
    if (id === undefined) {
      id = this.sets.length;
      this.sets.push(set);
      this.setIds.set(key, id);
    }
    this.seenSets.set(set, id);
    return id;
  }

  /** The sets that patterns and boundaries are made of, in the order of their indices. */
  get allSets(): readonly CharSet[] {
    return this.sets;
  }

  /** Flat arrays: quick to walk, and to hand from one thread to another. */
  finish(): Positions {
    const { from, to, rows, first } = this;
    const count = this.setOf.length;
    const isChained = new Uint8Array(count);
    for (let k = 0; k < rows.length; k += 2) isChained.fill(1, rows[k], rows[k + 1]);
    const followAt = new Int32Array(count + 1);
    for (let k = 0; k < from.length; k++) followAt[from[k]! + 1]!++;
    for (let k = 0; k < count; k++) followAt[k + 1]! += followAt[k]! + isChained[k]!;
    const follow = new Int32Array(followAt[count]!);
    const next = followAt.slice();
    for (let k = 0; k < count; k++) if (isChained[k] === 1) follow[next[k]!++] = k + 1;
    for (let k = 0; k < from.length; k++) follow[next[from[k]!]!++] = to[k]!;
    return { setOf: this.setOf.toArray(), followAt, follow, acceptOf: this.acceptOf.toArray(), first };
  }

  private build(pattern: Pattern, name: string): Part {
    switch (pattern.kind) {
      case 'set':
        return this.position(pattern.set, name);
      case 'cat':
        return pattern.items.reduce<Part>((left, item) => this.join(left, this.build(item, name)), EMPTY);
      case 'alt':
        return this.choose(pattern.items.map((item) => this.build(item, name)));
      case 'repeat':
        return this.repeat(pattern.item, pattern.min, pattern.max, name);
    }
  }

  private position(set: CharSet, name: string): Part {
    const positions = [this.newPositions(this.set(set), 1, name)];
    return { nullable: false, first: positions, last: positions };
  }

  /** Adds positions of one set in a row; returns the first. */
  private newPositions(set: number, count: number, name: string): number {
    const start = this.setOf.length;
    if (start + count > Math.min(this.ruleLimit, MAX_POSITIONS)) {
      throw new RedactionError('redaction.pattern_too_large', `rule ${name}: its pattern expands too far`);
    }
    this.setOf.pushMany(set, count);
    this.acceptOf.pushMany(-1, count);
    return start;
  }

  private join(left: Part, right: Part): Part {
    this.connect(left.last, right.first);
    return {
      nullable: left.nullable && right.nullable,
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    };
  }

  private choose(parts: readonly Part[]): Part {
    return {
      nullable: parts.some((part) => part.nullable),
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
    };
  }

  /** Most repetitions are of one character: a row of positions, each followed by the next. */
  private row(set: CharSet, min: number, max: number, name: string): Part {
    const count = max === Infinity ? Math.max(min, 1) : max;
    if (count === 0) return EMPTY;
    const start = this.newPositions(this.set(set), count, name);
    const end = start + count - 1;
    if (count > 1) this.rows.push(start, end);
    if (max === Infinity) this.edge(end, end);
    const last: number[] = [];
    for (let position = Math.min(start + Math.max(min, 1) - 1, end); position <= end; position++)
      last.push(position);
    return { nullable: min === 0, first: [start], last };
  }

  private repeat(item: Pattern, min: number, max: number, name: string): Part {
    if (item.kind === 'set') return this.row(item.set, min, max, name);
    let part = EMPTY;
    const copies = max === Infinity ? Math.max(min - 1, 0) : min;
    for (let k = 0; k < copies; k++) part = this.join(part, this.build(item, name));
    if (max === Infinity) {
      const loop = this.build(item, name);
      this.connect(loop.last, loop.first);
      return this.join(part, min === 0 ? { ...loop, nullable: true } : loop);
    }
    return this.join(part, this.optionalChain(item, max - min, name));
  }

  /** x(x(x)?)?…: keeps the number of edges linear in the bound. */
  private optionalChain(item: Pattern, count: number, name: string): Part {
    let first: readonly number[] = [];
    let previous: readonly number[] = [];
    const last: number[] = [];
    for (let k = 0; k < count; k++) {
      const copy = this.build(item, name);
      if (k === 0) first = copy.first;
      else this.connect(previous, copy.first);
      last.push(...copy.last);
      previous = copy.nullable ? [...previous, ...copy.last] : copy.last;
    }
    return { nullable: true, first, last };
  }

  private connect(from: readonly number[], to: readonly number[]): void {
    // Nested repetitions name a few twice; whoever follows them passes over those.
    for (const a of from) for (const b of to) this.edge(a, b);
  }

  private edge(from: number, to: number): void {
    this.from.push(from);
    this.to.push(to);
  }
}

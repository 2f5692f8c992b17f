import type { Alphabet } from './alphabet.ts';
import type { Positions } from './positions.ts';

/** The state in which no pattern is alive any more. */
export const DEAD = 0;
const UNKNOWN = -1;
const MAX_STATES = 48_000;

/**
 * All patterns as one deterministic automaton, built as far as texts ask for it. A state is a set of positions; when
 * too many states have been seen the tables are emptied (`epoch` counts it) and built again, so memory is bounded.
 */
export class Product {
  epoch = 0;
  /**
   * Row-major, `table[state * width + class]`: the next state times two, plus one if a pattern may end before that
   * character. Negative where nothing was asked yet.
   */
  table: Int32Array;
  /** By state: the patterns that may end there, or undefined. */
  accepts: Array<readonly number[] | undefined> = [];
  readonly width: number;
  private members: Array<readonly number[]> = [];
  private ids = new Map<string, number>();
  private readonly marks: Int32Array;
  private generation = 0;

  constructor(
    private readonly positions: Positions,
    private readonly alphabet: Alphabet,
    private readonly mayEndBefore: (pattern: number, cls: number) => boolean,
  ) {
    this.width = alphabet.size;
    this.table = new Int32Array(256 * this.width);
    this.marks = new Int32Array(positions.setOf.length);
    this.clear();
  }

  /** The positions of a state, to find it again after the tables were emptied. */
  membersOf(state: number): readonly number[] {
    return this.members[state]!;
  }

  /** The state after the given first positions read one character. */
  enter(first: readonly number[], cls: number): number {
    return this.intern(this.filter(first, cls));
  }

  /** The table's entry for `state` and a character; fills it. May start a new epoch. */
  step(state: number, cls: number): number {
    const reached: number[] = [];
    const mark = ++this.generation;
    const { follow, followAt, setOf } = this.positions;
    for (const position of this.members[state]!) {
      const end = followAt[position + 1]!;
      for (let k = followAt[position]!; k < end; k++) {
        const next = follow[k]!;
        if (this.marks[next] === mark) continue;
        this.marks[next] = mark;
        if (this.alphabet.members[setOf[next]!]![cls] === 1) reached.push(next);
      }
    }
    reached.sort((a, b) => a - b);
    const ends = this.accepts[state]?.some((pattern) => this.mayEndBefore(pattern, cls)) ? 1 : 0;
    if (this.members.length >= MAX_STATES) {
      this.clear();
      return this.intern(reached) * 2 + ends;
    }
    const entry = this.intern(reached) * 2 + ends;
    this.table[state * this.width + cls] = entry;
    return entry;
  }

  /** The state with these positions, in the present epoch. */
  intern(members: readonly number[]): number {
    const key = keyOf(members);
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.members.length;
    this.ids.set(key, id);
    this.members.push(members);
    this.accepts.push(this.acceptedBy(members));
    if ((id + 1) * this.width > this.table.length) this.grow();
    this.table.fill(UNKNOWN, id * this.width, (id + 1) * this.width);
    return id;
  }

  get stateCount(): number {
    return this.members.length;
  }

  private filter(first: readonly number[], cls: number): number[] {
    const { setOf } = this.positions;
    const reached = first.filter((position) => this.alphabet.members[setOf[position]!]![cls] === 1);
    return [...new Set(reached)].sort((a, b) => a - b);
  }

  private acceptedBy(members: readonly number[]): readonly number[] | undefined {
    const rules = new Set<number>();
    for (const position of members) {
      const rule = this.positions.acceptOf[position]!;
      if (rule >= 0) rules.add(rule);
    }
    return rules.size === 0 ? undefined : [...rules];
  }

  private grow(): void {
    const larger = new Int32Array(this.table.length * 2);
    larger.set(this.table);
    this.table = larger;
  }

  private clear(): void {
    this.epoch++;
    this.members = [];
    this.accepts = [];
    this.ids = new Map();
    this.intern([]);
  }
}

function keyOf(members: readonly number[]): string {
  let key = '';
  for (const position of members) key += String.fromCharCode(position & 0xffff, position >> 16);
  return key;
}

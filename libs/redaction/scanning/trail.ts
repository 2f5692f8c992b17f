/** A power of two above the longest hold. */
const RING = 1_024;

/**
 * The states of a long walk, by offset in the whole text. Another walk that meets one of them would go on just as
 * that one did, and takes its ends over: starts by the hundred within one stretch cost about as much as one of them.
 */
export class Trail {
  private states: Int32Array | undefined;
  private from = 0;
  private to = -1;
  private epoch = -1;
  /** Rule and offset of each end along it, in order. */
  private ends: number[] = [];

  /** States are numbered anew in every epoch of the automaton. */
  useEpoch(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.clear();
  }

  clear(): void {
    this.to = -1;
  }

  meets(at: number, state: number): boolean {
    return at < this.to && at >= this.from && this.states![at & (RING - 1)] === state;
  }

  mark(at: number, state: number): void {
    this.states ??= new Int32Array(RING);
    this.states[at & (RING - 1)] = state;
  }

  /** How far it can be followed, `stop` at most. */
  farthest(stop: number): number {
    return Math.min(this.to, stop);
  }

  stateAt(at: number): number {
    return this.states![at & (RING - 1)]!;
  }

  /** Adds its ends in a stretch to `endings`, whose offsets count from `base`. */
  copyEnds(from: number, to: number, base: number, endings: number[]): void {
    const { ends } = this;
    for (let k = firstFrom(ends, from); k < ends.length && ends[k + 1]! < to; k += 2) {
      endings.push(ends[k]!, ends[k + 1]! - base);
    }
  }

  /** From now on it is that of a walk that marked its states from `from` on and is at `to`. */
  keep(from: number, to: number, state: number, base: number, endings: readonly number[]): void {
    this.mark(to, state);
    this.from = from;
    this.to = to;
    this.ends = [];
    for (let k = firstFrom(endings, from - base); k < endings.length; k += 2) {
      this.ends.push(endings[k]!, endings[k + 1]! + base);
    }
  }
}

/** The index of the first end at `from` or later. */
function firstFrom(endings: readonly number[], from: number): number {
  let k = endings.length;
  while (k > 0 && endings[k - 1]! >= from) k -= 2;
  return k;
}

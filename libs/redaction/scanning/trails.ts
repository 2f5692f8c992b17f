import { Trail } from './trail.ts';

/** Starts of so many kinds may take turns within one stretch, each going through states of its own. */
const LANES = 3;

/** The last long walks' trails, and the one that the present walk leaves. */
export class Trails {
  private readonly lanes = Array.from({ length: LANES }, () => new Trail());
  private present: Trail | undefined;
  /** Where the present walk's states and the present trail's began to be the same, in the whole text. */
  private from = 0;

  /** Another walk begins. */
  begin(epoch: number): void {
    this.present = undefined;
    for (const lane of this.lanes) lane.useEpoch(epoch);
  }

  /** A trail with this state here: from now on it is the present walk's. */
  met(at: number, state: number): Trail | undefined {
    for (const lane of this.lanes) {
      if (!lane.meets(at, state)) continue;
      if (this.present !== lane) this.from = at;
      this.present = lane;
      return lane;
    }
    return undefined;
  }

  mark(at: number, state: number): void {
    if (!this.present) {
      this.present = this.lanes[LANES - 1]!;
      this.present.clear();
      this.from = at;
    }
    this.present.mark(at, state);
  }

  /** The present walk is at `to`. */
  keep(to: number, state: number, base: number, endings: readonly number[]): void {
    const { present, lanes } = this;
    if (!present) return;
    present.keep(this.from, to, state, base, endings);
    const at = lanes.indexOf(present);
    lanes.copyWithin(1, 0, at);
    lanes[0] = present;
  }
}

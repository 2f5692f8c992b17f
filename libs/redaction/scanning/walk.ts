import { DEAD } from '../automaton/product.ts';
import type { Detector } from '../detecting/detector.ts';
import { Trails } from './trails.ts';

const IDLE = -1;
/** A walk leaves a trail from here on: to read a few characters again is cheaper. */
const SHORT_CHARS = 32;

/** Reads on from one start while a rule is alive, and notes where rules may end. */
export class Walk {
  /** Rule and offset of each end, in the order in which they were met. */
  readonly endings: number[] = [];
  /** Characters read, those read again for another start included: what scanning costs. */
  readChars = 0;
  private state = IDLE;
  private at = 0;
  /** Where the trail begins. */
  private longFrom = 0;
  /** Where the buffer starts in the whole text. */
  private base = 0;
  private savedMembers: readonly number[] = [];
  private epoch = 0;
  private readonly trails = new Trails();

  constructor(private readonly detector: Detector) {}

  get isIdle(): boolean {
    return this.state === IDLE;
  }

  get isAlive(): boolean {
    return this.state !== DEAD;
  }

  /** The next character it reads. */
  get reading(): number {
    return this.at;
  }

  begin(state: number, reading: number): void {
    this.state = state;
    this.at = reading;
    this.longFrom = reading + SHORT_CHARS;
    this.endings.length = 0;
    this.trails.begin(this.detector.product.epoch);
  }

  finish(): void {
    this.state = IDLE;
  }

  /** Reads up to `stop` as long as a rule is alive. */
  readTo(buffer: string, stop: number): void {
    const { product, alphabet, zeroWidthClass } = this.detector;
    const { classOf } = alphabet;
    const { longFrom } = this;
    const width = product.width;
    let { table, accepts } = product;
    let { state, at } = this;
    while (state !== DEAD && at < stop) {
      this.readChars++;
      if (at >= longFrom) {
        const trail = this.trails.met(at + this.base, state);
        if (trail) {
          const to = trail.farthest(stop + this.base);
          trail.copyEnds(at + this.base, to, this.base, this.endings);
          at = to - this.base;
          state = trail.stateAt(to);
          continue;
        }
        this.trails.mark(at + this.base, state);
      }
      const cls = classOf[buffer.charCodeAt(at)]!;
      if (cls !== zeroWidthClass) {
        let entry = table[state * width + cls]!;
        if (entry < 0) entry = product.step(state, cls);
        if ((entry & 1) === 1) this.endBefore(accepts[state]!, at, cls);
        if (accepts !== product.accepts) this.startTrailAnew(at + 1);
        if (table !== product.table || accepts !== product.accepts) ({ table, accepts } = product);
        state = entry >> 1;
      }
      at++;
    }
    this.state = state;
    this.at = at;
  }

  private startTrailAnew(from: number): void {
    this.longFrom = Math.max(this.longFrom, from);
    this.trails.begin(this.detector.product.epoch);
  }

  /** Leaves its trail to the walks that follow. Call before ends are added that depend on this walk's start. */
  leaveTrail(): void {
    const { base, longFrom, at } = this;
    if (at > longFrom) this.trails.keep(at + base, this.state, base, this.endings);
  }

  private endBefore(accepted: readonly number[], at: number, cls: number): void {
    for (const rule of accepted) if (this.detector.mayEndBefore(rule, cls)) this.endings.push(rule, at);
  }

  /** The text ends here: so may every rule. */
  endAtEnd(): void {
    for (const rule of this.detector.product.accepts[this.state] ?? []) this.endings.push(rule, this.at);
  }

  /** At the hold limit only open-ended tokens count: they are decided on what is there. */
  endAtLimit(): void {
    const { product, rules } = this.detector;
    for (const rule of product.accepts[this.state] ?? [])
      if (rules[rule]!.swallow) this.endings.push(rule, this.at);
  }

  /** Until more of the text arrives; other texts may go through the automaton meanwhile. */
  suspend(): void {
    this.savedMembers = this.detector.product.membersOf(this.state);
    this.epoch = this.detector.product.epoch;
  }

  resume(): void {
    if (this.state <= DEAD || this.epoch === this.detector.product.epoch) return;
    this.state = this.detector.product.intern(this.savedMembers);
    this.startTrailAnew(this.at);
  }

  /** The buffer begins later now. */
  moveBack(by: number): void {
    this.at -= by;
    this.longFrom -= by;
    this.base += by;
    for (let k = 1; k < this.endings.length; k += 2) this.endings[k] = this.endings[k]! - by;
  }
}

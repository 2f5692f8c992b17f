import { DEAD } from '../automaton/product.ts';
import { blankPlaceholders, isNamePlaceholder, MAX_CONTEXT_REACH } from '../detecting/context.ts';
import type { Detector } from '../detecting/detector.ts';
import type { Candidate, Judge } from '../detecting/judge.ts';
import { isZeroWidth } from '../detecting/normalise.ts';
import type { Swallow } from '../detecting/rule.ts';
import { Cluster } from './cluster.ts';
import { ReservedCandidates } from './reserved.ts';
import type { ScanSink, TextScanner } from './scan-sink.ts';
import { swallowEnd } from './swallow.ts';
import { Walk } from './walk.ts';

/**
 * Walks the text once, start by start. What it delivers depends on the text alone, never on how it was cut: all text
 * before the first start at which some rule is still alive is decided, the rest is held.
 */
export class Scanner implements TextScanner {
  private buffer = '';
  private base = 0;
  private delivered = 0;
  private at = 0;
  private previous: number;
  private cluster: Cluster | undefined;
  private readonly walk: Walk;
  private readonly reserved = new ReservedCandidates();
  private swallowing: { rule: Swallow; left: number } | undefined;
  private history = '';
  private skimmed = 0;

  constructor(
    private readonly detector: Detector,
    private readonly judge: Judge,
    private readonly sink: ScanSink,
    private readonly limits: { readonly holdChars: number; readonly armourChars: number },
  ) {
    this.previous = detector.startClass;
    this.walk = new Walk(detector);
  }

  /** Characters read so far, those read again for another start included: what scanning costs. */
  get readChars(): number {
    return this.skimmed + this.walk.readChars;
  }

  /** Code units received but not delivered. */
  get heldChars(): number {
    return this.buffer.length - this.delivered;
  }

  reserve(candidates: readonly Candidate[]): void {
    this.reserved.addAll(candidates);
  }

  push(chunk: string): void {
    this.buffer += chunk;
    this.advance(false);
  }

  end(): void {
    this.advance(true);
  }

  private advance(final: boolean): void {
    this.walk.resume();
    while (true) {
      if (this.swallowing && !this.swallow(final)) break;
      if (this.walk.isIdle && !this.findStart()) break;
      if (!this.read(final)) break;
      this.decide();
    }
    if (final && this.cluster) this.closeCluster(this.cluster);
    this.deliverUpTo(this.cluster ? this.cluster.start : this.at);
    this.drop();
  }

  /** Finds the next start at which some rule is alive; false at the end of what has arrived. */
  private findStart(): boolean {
    const { detector, buffer } = this;
    const { classOf } = detector.alphabet;
    while (true) {
      if (this.cluster && this.at >= this.cluster.end) this.closeCluster(this.cluster);
      if (this.at >= buffer.length) return false;
      if (this.reserved.nextStart <= this.at) return this.beginAtReserved();
      const stop = Math.min(buffer.length, this.cluster?.end ?? Infinity, this.reserved.nextStart);
      let at = this.at;
      let previous = this.previous;
      let state = DEAD;
      while (at < stop) {
        const cls = classOf[buffer.charCodeAt(at)]!;
        if (cls !== detector.zeroWidthClass) {
          state = detector.start(previous, cls);
          if (state !== DEAD) break;
          previous = cls;
        }
        at++;
      }
      this.skimmed += at - this.at + 1;
      this.at = at;
      this.previous = previous;
      if (state === DEAD) continue;
      this.walk.begin(state, at + 1);
      return true;
    }
  }

  /** A reserved part starts here; rules that also start here compete with it. */
  private beginAtReserved(): true {
    const { detector, at } = this;
    const cls = detector.alphabet.classOf[this.buffer.charCodeAt(at)]!;
    if (cls === detector.zeroWidthClass) this.walk.begin(DEAD, at);
    else this.walk.begin(detector.start(this.previous, cls), at + 1);
    return true;
  }

  /** Reads on while a rule is alive; false when that is not decided by what has arrived. */
  private read(final: boolean): boolean {
    const { buffer, walk } = this;
    const from = this.cluster ? this.cluster.start : this.at;
    const limit = from + this.limits.holdChars;
    if (this.sink.settle) this.readHalf(from, from + Math.floor(this.limits.holdChars / 2));
    walk.readTo(buffer, Math.min(limit, buffer.length));
    if (walk.isAlive && walk.reading < limit && !final) {
      walk.suspend();
      return false;
    }
    walk.leaveTrail();
    if (walk.isAlive && walk.reading >= limit) walk.endAtLimit();
    else if (walk.isAlive) walk.endAtEnd();
    return true;
  }

  /** What the sink holds is decided when this much is undecided here and goes on. */
  private readHalf(from: number, half: number): void {
    const { buffer, walk } = this;
    if (walk.reading > half) return;
    walk.readTo(buffer, Math.min(half, buffer.length));
    if (!walk.isAlive || half >= buffer.length) return;
    this.deliverUpTo(from);
    this.sink.settle?.(buffer.slice(from, half));
  }

  private decide(): void {
    const { endings } = this.walk;
    this.walk.finish();
    const here = this.reserved.takeAt(this.at);
    let allowedEnd = 0;
    if (endings.length > 0) {
      const place = { buffer: this.buffer, start: this.at, base: this.base, left: this.leftText() };
      const verdict = this.judge.candidates(place, endings);
      allowedEnd = verdict.allowedEnd;
      for (const candidate of verdict.candidates) {
        if (candidate.start > this.at) this.reserved.add(candidate);
        else here.push(candidate);
      }
    }
    if (here.length > 0) this.unite(here);
    else if (allowedEnd > this.at && !this.cluster) this.passOver(allowedEnd);
    else this.stepOver();
  }

  private unite(here: readonly Candidate[]): void {
    this.cluster ??= new Cluster(this.at);
    const { cluster } = this;
    cluster.add(here);
    const isFull = this.at - cluster.start >= this.limits.holdChars / 2;
    if (isFull || cluster.swallow) this.closeCluster(cluster);
    else this.stepOver();
  }

  private closeCluster({ start, end, best, members, swallow }: Cluster): void {
    this.cluster = undefined;
    this.deliverUpTo(start);
    const value = this.buffer.slice(start, end);
    this.sink.region({ start: this.base + start, end: this.base + end, best, members }, value, this.base);
    this.remember(' ');
    this.delivered = end;
    this.skipTo(end);
    if (!swallow) return;
    const left = swallow.kind === 'armour' ? this.limits.armourChars : Infinity;
    this.swallowing = { rule: swallow, left };
  }

  /** Takes the rest of an open-ended token; false when it may go on beyond what has arrived. */
  private swallow(final: boolean): boolean {
    const swallowing = this.swallowing!;
    const from = this.at;
    const { end, done } = swallowEnd(this.buffer, from, swallowing, final);
    const count = end - from;
    swallowing.left -= count;
    if (count > 0) this.sink.swallowed(count, this.buffer.slice(from, end));
    this.at = end;
    this.delivered = end;
    this.reserved.dropBefore(end);
    if (done) this.swallowing = undefined;
    return done;
  }

  private stepOver(): void {
    this.previous = this.detector.alphabet.classOf[this.buffer.charCodeAt(this.at)]!;
    this.at++;
  }

  private skipTo(end: number): void {
    this.at = end;
    this.previous = this.detector.afterMaskClass;
    this.reserved.dropBefore(end);
  }

  /** Zero-width characters at its end stand behind it: they hide neither what it is nor that it ends there. */
  private passOver(matchEnd: number): void {
    this.deliverUpTo(this.at);
    let end = matchEnd;
    while (isZeroWidth(this.buffer.charCodeAt(end - 1))) end--;
    const text = this.buffer.slice(this.at, end);
    this.delivered = end;
    this.remember(text);
    this.sink.text(text, true);
    this.skipTo(end);
    if (isNamePlaceholder(text)) this.previous = this.detector.afterNameClass;
  }

  private leftText(): () => string {
    return () => {
      const from = Math.max(this.delivered, this.at - MAX_CONTEXT_REACH * 2);
      const near = this.buffer.slice(from, this.at);
      return blankPlaceholders(from > this.delivered ? near : this.history + near);
    };
  }

  private deliverUpTo(end: number): void {
    if (end <= this.delivered) return;
    const text = this.buffer.slice(this.delivered, end);
    this.delivered = end;
    this.remember(text.length > MAX_CONTEXT_REACH * 2 ? text.slice(-MAX_CONTEXT_REACH * 2) : text);
    this.sink.text(text);
  }

  private remember(text: string): void {
    this.history = (this.history + text).slice(-MAX_CONTEXT_REACH * 2);
  }

  /** Forgets delivered text and moves every offset with it. */
  private drop(): void {
    const gone = this.delivered;
    if (gone === 0) return;
    this.buffer = this.buffer.slice(gone);
    this.base += gone;
    this.delivered = 0;
    this.at -= gone;
    this.walk.moveBack(gone);
    this.reserved.moveBack(gone);
    this.cluster?.moveBack(gone);
  }
}

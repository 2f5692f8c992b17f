import { DEAD } from '../automaton/product.ts';
import { blankPlaceholders, isNamePlaceholder, MAX_CONTEXT_REACH } from '../detecting/context.ts';
import type { Detector } from '../detecting/detector.ts';
import { type Candidate, type Judge, strongest } from '../detecting/judge.ts';
import type { Swallow } from '../detecting/rule.ts';
import { ReservedCandidates } from './reserved.ts';
import { swallowEnd } from './swallow.ts';

const IDLE = -1;

/** A stretch that is masked as one: the union of overlapping candidates, named after the strongest. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly best: Candidate;
  readonly members: readonly Candidate[];
}

/** Where the scanner delivers. Text and regions arrive in order and cover the input exactly once. */
export interface ScanSink {
  /** `passed`: what an earlier pass put there, or an allowed value. */
  text(text: string, passed?: boolean): void;
  /** `offset` is where the region starts in the whole input. */
  region(region: Region, value: string, offset: number): void;
  /** More characters of the last region: an open-ended token that went on. */
  swallowed(count: number, text: string): void;
  /** What the sink itself holds is to be decided now: a long undecided stretch follows it, which begins like this. */
  settle?(ahead: string): void;
}

/** What takes text in pieces and delivers it to a sink. */
export interface TextScanner {
  readonly heldChars: number;
  /** Takes candidates that were found elsewhere, at offsets of the text that is still to come. */
  reserve(candidates: readonly Candidate[]): void;
  push(chunk: string): void;
  end(): void;
}

interface Cluster {
  start: number;
  end: number;
  best: Candidate;
  members: Candidate[];
}

/**
 * Walks the text once, start by start. What it delivers depends on the text alone, never on how it was cut: all text
 * before the first start at which some rule is still alive is decided, the rest is held.
 */
export class Scanner implements TextScanner {
  private buffer = '';
  private base = 0;
  private delivered = 0;
  private at = 0;
  private reading = 0;
  private state = IDLE;
  private savedMembers: readonly number[] = [];
  private epoch = 0;
  private previous: number;
  private endings: number[] = [];
  private cluster: Cluster | undefined;
  private readonly reserved = new ReservedCandidates();
  private swallowing: { rule: Swallow; left: number } | undefined;
  private history = '';
  private work = 0;

  constructor(
    private readonly detector: Detector,
    private readonly judge: Judge,
    private readonly sink: ScanSink,
    private readonly limits: { readonly holdChars: number; readonly armourChars: number },
  ) {
    this.previous = detector.startClass;
  }

  /** Characters read so far, those read again for another start included: what scanning costs. */
  get readChars(): number {
    return this.work;
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
    this.restoreState();
    while (true) {
      if (this.swallowing && !this.swallow(final)) break;
      if (this.state === IDLE && !this.findStart()) break;
      if (!this.walk(final)) break;
      this.decide();
    }
    if (final && this.cluster) this.closeCluster();
    this.deliverUpTo(this.cluster ? this.cluster.start : this.at);
    this.drop();
  }

  /** Finds the next start at which some rule is alive; false at the end of what has arrived. */
  private findStart(): boolean {
    const { detector, buffer } = this;
    const { classOf } = detector.alphabet;
    while (true) {
      if (this.cluster && this.at >= this.cluster.end) this.closeCluster();
      if (this.at >= buffer.length) return false;
      if (this.reserved.nextStart <= this.at) return this.begin(DEAD, this.at);
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
      this.work += at - this.at + 1;
      this.at = at;
      this.previous = previous;
      if (state !== DEAD) return this.begin(state, at + 1);
    }
  }

  private begin(state: number, reading: number): true {
    const { detector } = this;
    this.state = state;
    this.reading = reading;
    this.endings.length = 0;
    if (state === DEAD) {
      // A reserved part starts here; rules that also start here compete with it.
      const cls = detector.alphabet.classOf[this.buffer.charCodeAt(this.at)]!;
      if (cls === detector.zeroWidthClass) return true;
      this.state = detector.start(this.previous, cls);
      this.reading = this.at + 1;
    }
    return true;
  }

  /** Reads on while a rule is alive; false when that is not decided by what has arrived. */
  private walk(final: boolean): boolean {
    const { detector, buffer } = this;
    const { product, alphabet, zeroWidthClass } = detector;
    const { classOf } = alphabet;
    const width = product.width;
    const from = this.cluster ? this.cluster.start : this.at;
    const limit = from + this.limits.holdChars;
    const half = this.sink.settle ? from + this.limits.holdChars / 2 : limit;
    let stop = Math.min(this.reading <= half ? half : limit, buffer.length);
    let { table, accepts } = product;
    let state = this.state;
    let at = this.reading;
    while (state !== DEAD) {
      this.work++;
      if (at >= stop) {
        if (at < limit && at < buffer.length) {
          this.deliverUpTo(from);
          this.sink.settle?.(buffer.slice(from, half));
          stop = Math.min(limit, buffer.length);
          continue;
        }
        this.reading = at;
        this.state = state;
        if (at >= limit) this.endAtLimit(accepts[state], at);
        else if (!final) return this.saveState();
        else this.endAtEnd(accepts[state], at);
        return true;
      }
      const cls = classOf[buffer.charCodeAt(at)]!;
      if (cls !== zeroWidthClass) {
        let entry = table[state * width + cls]!;
        if (entry < 0) entry = product.step(state, cls);
        if ((entry & 1) === 1) this.endBefore(accepts[state]!, at, cls);
        if (table !== product.table || accepts !== product.accepts) ({ table, accepts } = product);
        state = entry >> 1;
      }
      at++;
    }
    return true;
  }

  private saveState(): false {
    this.savedMembers = this.detector.product.membersOf(this.state);
    this.epoch = this.detector.product.epoch;
    return false;
  }

  private restoreState(): void {
    if (this.state > DEAD && this.epoch !== this.detector.product.epoch) {
      this.state = this.detector.product.intern(this.savedMembers);
    }
  }

  private endBefore(accepted: readonly number[], at: number, cls: number): void {
    for (const rule of accepted) if (this.detector.mayEndBefore(rule, cls)) this.endings.push(rule, at);
  }

  private endAtEnd(accepted: readonly number[] | undefined, at: number): void {
    for (const rule of accepted ?? []) this.endings.push(rule, at);
  }

  /** At the hold limit only open-ended tokens count: they are decided on what is there. */
  private endAtLimit(accepted: readonly number[] | undefined, at: number): void {
    for (const rule of accepted ?? []) if (this.detector.rules[rule]!.swallow) this.endings.push(rule, at);
  }

  private decide(): void {
    this.state = IDLE;
    const here = this.reserved.takeAt(this.at);
    let allowedEnd = 0;
    if (this.endings.length > 0) {
      const place = { buffer: this.buffer, start: this.at, base: this.base, left: this.leftText() };
      const verdict = this.judge.candidates(place, this.endings);
      allowedEnd = verdict.allowedEnd;
      for (const candidate of verdict.candidates) {
        if (candidate.start > this.at) this.reserved.add(candidate);
        else here.push(candidate);
      }
    }
    if (here.length === 0) {
      if (allowedEnd > this.at && !this.cluster) this.passOver(allowedEnd);
      else this.stepOver();
      return;
    }
    this.unite(here);
  }

  private unite(here: Candidate[]): void {
    const members = this.cluster ? [...this.cluster.members, ...here] : here;
    const best = strongest(members)!;
    const end = here.reduce((far, candidate) => Math.max(far, candidate.end), this.cluster?.end ?? 0);
    this.cluster = { start: this.cluster?.start ?? this.at, end, best, members };
    const full = this.at - this.cluster.start >= this.limits.holdChars / 2;
    const open = here.some((candidate) => candidate.swallow && candidate.end === end);
    if (full || open) this.closeCluster();
    else this.stepOver();
  }

  private closeCluster(): void {
    const { start, end, best, members } = this.cluster!;
    this.cluster = undefined;
    this.deliverUpTo(start);
    const value = this.buffer.slice(start, end);
    this.sink.region({ start: this.base + start, end: this.base + end, best, members }, value, this.base);
    this.remember(' ');
    this.delivered = end;
    this.skipTo(end);
    const open = members.find((member) => member.swallow && member.end === end);
    if (open?.swallow) {
      const left = open.swallow.kind === 'armour' ? this.limits.armourChars : Infinity;
      this.swallowing = { rule: open.swallow, left };
    }
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

  private passOver(end: number): void {
    this.deliverUpTo(this.at);
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
    this.reading -= gone;
    for (let k = 1; k < this.endings.length; k += 2) this.endings[k] = this.endings[k]! - gone;
    this.reserved.moveBack(gone);
    if (this.cluster) this.moveCluster(this.cluster, gone);
  }

  private moveCluster(cluster: Cluster, by: number): void {
    const move = (c: Candidate): Candidate => ({ ...c, start: c.start - by, end: c.end - by });
    const members = cluster.members.map(move);
    this.cluster = { start: cluster.start - by, end: cluster.end - by, best: move(cluster.best), members };
  }
}

import { canStart, goOnFeatures, MAX_FEATURES, startFeatures, View } from './features.ts';
import type { Lexicon } from './lexicon.ts';
import { OpenName } from './open-name.ts';
import { readToken } from './tokens/read-token.ts';
import { describeEnds, describeWord, shape, Token, tokenKind } from './tokens/token.ts';
import {
  isEarlier,
  isFragment,
  isKnownPair,
  isPart,
  isPlain,
  isSigil,
  isUnknown,
  joinsNumbers,
  joinsTown,
  mayStandWithin,
  splitsNumber,
} from './tokens/token-tests.ts';
import { wordClasses } from './word-classes.ts';

/** Entities the lane finds; the number of a type is its index and 0 is none. */
export const spanTypes = ['', 'PERSON', 'ADDRESS', 'LOCATION', 'ORGANIZATION'] as const;
export const PERSON = 1;
const ADDRESS = 2;

/** Decides from features. At run time the trained model; while training, the learner. */
export interface Chooser {
  /** 0, or the type of the name that starts at the token. */
  start(features: Int32Array, count: number, token: Token): number;
  /** `isTown`: it is the town of an address, which goes on there whatever was learned. */
  goesOn(type: number, features: Int32Array, count: number, token: Token, isTown: boolean): boolean;
  /** How clear the last start was: 0.5 to 0.95. */
  readonly score: number;
  /** Whether a name is one, for all that was read of it. */
  accepts(name: OpenName): boolean;
}

export interface FoundName {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

const RING = 64;
const PAIR_SCORE = 0.85;
const MAX_SPAN_TOKENS = 40;
const MAX_SPAN_CHARS = 120;
const PAD = new Token();
const KEEPS_DOT = new Set(
  (['suffix', 'street', 'unit', 'direction', 'state', 'firmSuffix'] as const).map((name) =>
    wordClasses.indexOf(name),
  ),
);

/**
 * Finds names token by token, greedily, each decision with sight of the next two tokens. What it decides depends on
 * the tokens alone. Names found count as "found" for what follows, just like a placeholder in a later pass.
 */
export class Tagger {
  private readonly ring = Array.from({ length: RING }, () => new Token());
  private readonly view = new View();
  private readonly features = new Int32Array(MAX_FEATURES);
  private readonly span = new OpenName();
  /** The first token that is not decided, and the end of those read. */
  private next = 0;
  private filled = 0;
  private lastEnd = -1;
  private lastKind = 0;

  constructor(
    private readonly lexicon: Lexicon,
    private readonly chooser: Chooser,
    private readonly found: (name: FoundName) => void,
  ) {}

  /** Where the next token is to be put before `add`. */
  get slot(): Token {
    return this.ring[this.filled % RING]!;
  }

  /** Where the text that is not decided starts; -1 when all of it is. */
  get pendingStart(): number {
    if (this.span.type !== 0) return this.at(this.span.at).start;
    return this.next < this.filled ? this.at(this.next).start : -1;
  }

  /** Takes the token in the slot, and decides what can be decided. */
  add(buffer: string): void {
    const token = this.slot;
    this.describe(token, buffer);
    this.lastEnd = token.end;
    this.lastKind = token.kind;
    this.filled++;
    this.decide(false, this.filled);
  }

  /** Something found otherwise stands here; everything before it is decided. `earlier`: in an earlier pass. */
  addFound(type: number, at: number, earlier: boolean): void {
    const token = this.slot;
    token.kind = tokenKind.found;
    token.start = at;
    token.end = at;
    token.hash = type;
    token.shape = shape.none;
    token.flags = earlier ? 1 : 0;
    token.look = (tokenKind.found << 14) | type;
    token.glued = at === this.lastEnd;
    this.lastEnd = at;
    this.lastKind = token.kind;
    this.filled++;
    this.settle();
  }

  /** Decides all that was read. What stands at `ahead` is seen, but not decided; without it the text ends here. */
  settle(buffer = '', ahead = 0): void {
    const { filled, lastEnd, lastKind } = this;
    this.peek(buffer, ahead);
    this.decide(true, filled);
    while (this.span.type !== 0) {
      this.close();
      this.decide(true, filled);
    }
    this.filled = filled;
    this.lastEnd = lastEnd;
    this.lastKind = lastKind;
  }

  /** Puts the next two tokens where look-ahead finds them. */
  private peek(buffer: string, from: number): void {
    let at = from;
    for (let k = 0; k < 2 && at < buffer.length; ) {
      const token = this.slot;
      at = readToken(buffer, at, false, token);
      if (at < 0) return;
      if (token.kind === tokenKind.pad) continue;
      this.describe(token, buffer);
      this.lastEnd = token.end;
      this.lastKind = token.kind;
      this.filled++;
      k++;
    }
  }

  private describe(token: Token, buffer: string): void {
    token.glued = token.start === this.lastEnd;
    if (this.lastKind === tokenKind.long && token.glued && token.kind <= tokenKind.number)
      token.kind = tokenKind.long;
    if (token.kind === tokenKind.word) {
      describeWord(buffer, token, this.lexicon);
      if (!isPlain(token) || isUnknown(token)) describeEnds(buffer, token);
    } else if (token.kind === tokenKind.number) describeEnds(buffer, token);
  }

  /** Moves every offset back. */
  shift(by: number): void {
    this.lastEnd -= by;
    const from = this.span.type === 0 ? this.next : this.span.at;
    for (let k = from; k < this.filled; k++) {
      const token = this.at(k);
      token.start -= by;
      token.end -= by;
    }
  }

  private at(index: number): Token {
    return this.ring[index % RING]!;
  }

  private decide(final: boolean, end: number): void {
    while (this.next < end) {
      const token = this.at(this.next);
      const open = this.span.type !== 0;
      if (!open && (!canStart(token) || this.beginsNone(token) || splitsNumber(token, this.view))) {
        this.pass(token);
        continue;
      }
      if (open && this.mustStop(token)) {
        this.close();
        continue;
      }
      if (!final && this.next + 2 >= this.filled) return;
      const n1 = this.next + 1 < this.filled ? this.at(this.next + 1) : PAD;
      const n2 = n1.kind !== tokenKind.found && this.next + 2 < this.filled ? this.at(this.next + 2) : PAD;
      if (open) this.goOn(token, n1, n2);
      else this.start(token, n1, n2);
    }
  }

  private beginsNone(token: Token): boolean {
    return isPlain(token) && (this.view.announced === 0 || !isUnknown(token));
  }

  private start(token: Token, n1: Token, n2: Token): void {
    const isPair = isKnownPair(token, n1);
    const type = isPair ? PERSON : this.chosen(token, n1, n2);
    if (type === 0) {
      this.pass(token);
      return;
    }
    this.span.start(type, token, this.next, isPair ? PAIR_SCORE : this.chooser.score);
    this.span.hasPair = isPair;
    this.span.isInProgram = this.view.codeness > 1;
    this.span.isAnnounced = this.view.announced > 0;
    this.next++;
  }

  /**
   * Directly before what an earlier pass replaced, only what stands on its own is a name: the words that pass saw there
   * are gone, and it has decided about these.
   */
  private chosen(token: Token, n1: Token, n2: Token): number {
    if (isEarlier(n1) || isEarlier(n2)) return 0;
    if (token.shape === shape.lower && isPart(token, n1, this.view)) return 0;
    if (isSigil(token, n1, this.view)) return 0;
    const count = startFeatures(token, n1, n2, this.view, this.features);
    return this.chooser.start(this.features, count, token);
  }

  private goOn(token: Token, n1: Token, n2: Token): void {
    const { span } = this;
    const previous = this.at(this.next - 1);
    const count = goOnFeatures(span, previous, token, n1, n2, this.features);
    span.isBeforeEarlier ||= isEarlier(n1) || isEarlier(n2);
    const isPair = isKnownPair(previous, token);
    const pair = span.type === PERSON && span.tokens === 1 && isPair;
    const isNumber = joinsNumbers(previous, token, n1);
    const isTown = span.type === ADDRESS && span.hasStreetNumber && joinsTown(previous, token, n1);
    if (!pair && !isNumber && !this.chooser.goesOn(span.type, this.features, count, token, isTown)) {
      this.close();
      return;
    }
    span.hasPair ||= isPair;
    span.add(token);
    this.next++;
  }

  private pass(token: Token): void {
    this.view.add(token);
    this.next++;
  }

  private mustStop(token: Token): boolean {
    const { kind } = token;
    if (kind === tokenKind.line && token.hash === 1) return this.span.type !== ADDRESS || this.isOver(token);
    if (kind === tokenKind.mark) return !mayStandWithin(this.span.type, token) || this.isOver(token);
    return (kind !== tokenKind.word && kind !== tokenKind.number) || this.isOver(token);
  }

  private isOver(token: Token): boolean {
    if (this.span.type === ADDRESS && this.span.endsAddress(token)) return true;
    return this.span.tokens >= MAX_SPAN_TOKENS || token.end - this.at(this.span.at).start > MAX_SPAN_CHARS;
  }

  /** Ends the name; marks at its end don't belong to it. What can't be an address is passed on. */
  private close(): void {
    const { type } = this.span;
    let end = this.next;
    while (end - 1 > this.span.at && !this.mayEnd(type, end - 1)) end--;
    const [first, last] = [this.at(this.span.at), this.at(end - 1)];
    const isName = this.isName(type, first, last);
    this.span.type = 0;
    if (!isName) {
      this.next = this.span.at;
      while (this.next < end) this.pass(this.at(this.next));
      return;
    }
    this.next = end;
    this.found({ type, start: first.start, end: last.end, score: this.span.score });
    FOUND.hash = type;
    FOUND.look = (tokenKind.found << 14) | type;
    FOUND.kind = tokenKind.found;
    FOUND.glued = first.glued;
    this.view.add(FOUND);
  }

  /**
   * A name that was read up to what an earlier pass replaced is none: that pass began it here, too, and dropped it. It saw
   * the words that are gone, so that only what stands for itself is decided the same again.
   */
  private isName(type: number, first: Token, last: Token): boolean {
    if (this.span.hasPair) return true;
    if (this.span.isBeforeEarlier) return false;
    const isOne = first === last;
    if (isOne && first.kind === tokenKind.number && first.shape !== shape.digitsAndLetters) return false;
    if (isOne && isFragment(type, first)) return false;
    if (type === ADDRESS && (isOne || !this.span.mayBeAddress)) return false;
    return this.chooser.accepts(this.span);
  }

  /** What follows must read the same after the name as after a placeholder: no full stop is taken from it. */
  private mayEnd(type: number, index: number): boolean {
    const token = this.at(index);
    if (token.kind === tokenKind.line) return false;
    if (token.kind === tokenKind.number) return type === ADDRESS;
    if (token.kind !== tokenKind.mark) return true;
    if (token.hash !== 0x2e || !token.glued) return false;
    const previous = this.at(index - 1);
    const isLast = index + 1 >= this.filled || !this.at(index + 1).glued;
    return isLast && (previous.shape === shape.initial || KEEPS_DOT.has(previous.wordClass));
  }
}

const FOUND = new Token();

import type { Region, ScanSink } from '../scanning/scan-sink.ts';
import type { Lexicon } from './lexicon.ts';
import { type Chooser, type FoundName, spanTypes, Tagger } from './tagger.ts';
import { readToken } from './tokens/read-token.ts';
import { MAX_UNREAD_CHARS, tokenKind } from './tokens/token.ts';

/** What is done with a name that was found: masked with this score, or let through. */
export type JudgeName = (entity: string, value: string, score: number, start: number) => boolean;

export interface LaneOptions {
  readonly lexicon: Lexicon;
  readonly chooser: Chooser;
  readonly judge: JudgeName;
  /** The most this lane may hold, in code units. */
  readonly holdChars: number;
}

/** A name is decided on what is there when so much of the hold is left: a token and the blanks after it. */
const RESERVE_CHARS = MAX_UNREAD_CHARS + 8;
const RULE = 'names';
const PLACEHOLDER = /^\[([A-Z][A-Z0-9_]*)_[a-z2-7]{5,12}\]$/;

/**
 * Stands between the scanner and whoever takes its text: finds names in what no pattern claimed. Its outcome depends
 * on the text and the regions alone.
 */
export class NamesLane implements ScanSink {
  private buffer = '';
  private at = 0;
  private delivered = 0;
  /** Where the buffer starts in the whole input. */
  private base = 0;
  private readonly tagger: Tagger;

  constructor(
    private readonly sink: ScanSink,
    private readonly options: LaneOptions,
  ) {
    this.tagger = new Tagger(options.lexicon, options.chooser, (name) => this.found(name));
  }

  get heldChars(): number {
    return this.buffer.length - this.delivered;
  }

  text(text: string, passed = false): void {
    if (passed) {
      const entity = PLACEHOLDER.exec(text)?.[1];
      this.seal(entity, entity !== undefined);
      this.sink.text(text, true);
      this.base += text.length;
      return;
    }
    this.buffer += text;
    this.read(false);
    this.deliver();
  }

  region(region: Region, value: string, offset: number): void {
    this.seal(region.best.entity, false);
    this.sink.region(region, value, offset);
    this.base += value.length;
  }

  swallowed(count: number, text: string): void {
    this.sink.swallowed(count, text);
    this.base += count;
  }

  /** Decides what is held; words that may go on stay. */
  settle(ahead: string): void {
    this.tagger.settle(this.buffer + ahead, this.at);
    this.deliver();
  }

  /** Decides what is held: the text ends here. */
  end(): void {
    this.read(true);
    this.tagger.settle();
    this.deliver();
  }

  /** Everything before a found value is decided. */
  private seal(entity: string | undefined, earlier: boolean): void {
    this.read(true);
    const type = entity === undefined ? 0 : Math.max(0, (spanTypes as readonly string[]).indexOf(entity));
    this.tagger.addFound(type, this.at, earlier);
    this.deliver();
  }

  private read(final: boolean): void {
    const { buffer, tagger } = this;
    const enough = this.options.holdChars - RESERVE_CHARS;
    while (this.at < buffer.length) {
      const token = tagger.slot;
      const next = readToken(buffer, this.at, final, token);
      if (next < 0) return;
      this.at = next;
      if (token.kind === tokenKind.pad) continue;
      tagger.add(buffer);
      const pending = tagger.pendingStart;
      if (pending >= 0 && next - pending > enough) tagger.settle();
    }
  }

  private found({ type, start, end, score }: FoundName): void {
    const entity = spanTypes[type]!;
    const value = this.buffer.slice(start, end);
    if (!this.options.judge(entity, value, score, this.base + start)) return;
    this.deliverUpTo(start);
    const name = { start: this.base + start, end: this.base + end, entity, score, rule: RULE };
    this.sink.region({ start: name.start, end: name.end, best: name, members: [name] }, value, 0);
    this.delivered = end;
  }

  private deliverUpTo(end: number): void {
    if (end <= this.delivered) return;
    this.sink.text(this.buffer.slice(this.delivered, end));
    this.delivered = end;
  }

  /** Gives on what is decided and forgets it. */
  private deliver(): void {
    const pending = this.tagger.pendingStart;
    this.deliverUpTo(pending < 0 ? this.at : pending);
    const gone = this.delivered;
    if (gone === 0) return;
    this.buffer = this.buffer.slice(gone);
    this.base += gone;
    this.at -= gone;
    this.delivered = 0;
    this.tagger.shift(gone);
  }
}

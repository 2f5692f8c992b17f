import { PLACEHOLDER_PATTERN } from '../placeholders/placeholder.ts';
import type { Finding, Span } from '../span.ts';
import type { MaskStream } from './mask-stream.ts';

/** What another detector found in a complete text; undefined where it was not asked about it. */
export type FindGiven = (text: string) => readonly Span[] | undefined;

/** A stream that looks its whole text up before it masks it: nothing of it is emitted before the end. */
export class GivenStream implements MaskStream {
  private text = '';
  private masked: MaskStream | undefined;
  private isUnknown = false;

  constructor(
    private readonly find: FindGiven,
    private readonly open: (given: readonly Span[], text: string) => MaskStream,
  ) {}

  get findings(): readonly Finding[] {
    return this.masked?.findings ?? [];
  }

  get blocked(): boolean {
    return this.isUnknown || this.masked?.blocked === true;
  }

  get heldChars(): number {
    return this.masked?.heldChars ?? this.text.length;
  }

  push(chunk: string): string {
    this.text += chunk;
    return '';
  }

  end(): string {
    const given = this.find(this.text);
    if (given === undefined) {
      this.isUnknown = true;
      return '';
    }
    this.masked = this.open(withoutPlaceholders(this.text, given), this.text);
    const decided = this.masked.push(this.text);
    this.text = '';
    return decided + this.masked.end();
  }
}

const PLACEHOLDER = new RegExp(PLACEHOLDER_PATTERN, 'g');

/** Spans within the text that leave earlier placeholders alone, so that masking twice is masking once. */
function withoutPlaceholders(text: string, given: readonly Span[]): Span[] {
  const taken = [...text.matchAll(PLACEHOLDER)].map(
    ({ index, 0: found }) => [index, index + found.length] as const,
  );
  return given.filter(
    ({ start, end }) =>
      start >= 0 &&
      start < end &&
      end <= text.length &&
      !taken.some(([from, to]) => start < to && from < end),
  );
}

import type { NameLanguage } from '#contracts';
import type { ScanSink, TextScanner } from '../scanning/scan-sink.ts';
import type { Scanner } from '../scanning/scanner.ts';
import { type JudgeName, NamesLane } from './lane.ts';
import { lexiconOf, shippedModel, TrainedChooser } from './model.ts';
import { MAX_UNREAD_CHARS } from './tokens/token.ts';

export interface NamedScannerOptions {
  readonly highRecall: boolean;
  readonly languages: readonly NameLanguage[];
  readonly holdChars: number;
  readonly judge: JudgeName;
}

/** A scanner whose text goes through the names lane. Both together hold no more than the scanner alone may. */
export class NamedScanner implements TextScanner {
  private readonly lane: NamesLane;
  private readonly scanner: Scanner;

  constructor(
    sink: ScanSink,
    scannerFor: (sink: ScanSink, holdChars: number) => Scanner,
    options: NamedScannerOptions,
  ) {
    const { highRecall, languages, holdChars, judge } = options;
    this.lane = new NamesLane(sink, {
      lexicon: lexiconOf(languages),
      chooser: new TrainedChooser(shippedModel(), highRecall),
      judge,
      holdChars: holdChars / 2 - SPARE_CHARS,
    });
    this.scanner = scannerFor(this.lane, holdChars - MAX_UNREAD_CHARS - SPARE_CHARS);
  }

  get heldChars(): number {
    return this.scanner.heldChars + this.lane.heldChars;
  }

  reserve(candidates: Parameters<Scanner['reserve']>[0]): void {
    this.scanner.reserve(candidates);
  }

  push(chunk: string): void {
    this.scanner.push(chunk);
  }

  end(): void {
    this.scanner.end();
    this.lane.end();
  }
}

const SPARE_CHARS = 8;

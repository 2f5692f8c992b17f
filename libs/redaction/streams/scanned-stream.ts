import type { MaskingProfile, MaskOperator } from '#contracts';
import { RedactionError } from '../errors.ts';
import type { Region, ScanSink, TextScanner } from '../scanning/scan-sink.ts';
import type { Finding } from '../span.ts';
import type { MaskStream, StreamOptions } from './mask-stream.ts';

/** What a stream needs of its masker. */
export interface StreamOwner {
  operatorOf(entity: string): MaskOperator;
  apply(operator: MaskOperator, entity: string, value: string, restorable: boolean): string | undefined;
}

const MAX_BEFORE = 200;

/** Scans text and replaces what is found; after a failure or a blocking finding it emits nothing more. */
export class ScannedStream implements MaskStream, ScanSink {
  readonly findings: Finding[] = [];
  blocked = false;
  private readonly scanner: TextScanner;
  private out: string[] = [];
  private phase: 'open' | 'failed' | 'ended' = 'open';
  private lastPasses = false;
  /** Code units of context before the text, and how many of them the scanner has yet to deliver. */
  private skipped: number;
  private toSkip: number;
  private halfPair = '';
  private readonly shadow: boolean;
  private readonly restorable: boolean;

  constructor(
    private readonly profile: MaskingProfile,
    scannerFor: (sink: ScanSink) => TextScanner,
    private readonly masker: StreamOwner,
    { before = '', restorable = true, given = [] }: StreamOptions = {},
  ) {
    this.restorable = restorable;
    this.scanner = scannerFor(this);
    this.shadow = profile.mode === 'shadow';
    const context = before.slice(-MAX_BEFORE);
    this.skipped = context.length;
    this.toSkip = context.length;
    const by = context.length;
    this.scanner.reserve(given.map((span) => ({ ...span, start: span.start + by, end: span.end + by })));
    if (context !== '') this.scanner.push(context);
  }

  get heldChars(): number {
    return this.scanner.heldChars;
  }

  push(chunk: string): string {
    return this.guarded(() => this.scanner.push(chunk));
  }

  end(): string {
    const rest = this.guarded(() => this.scanner.end()) + this.halfPair;
    this.phase = 'ended';
    return this.blocked ? '' : rest;
  }

  text(text: string): void {
    const own = text.slice(this.toSkip);
    this.toSkip -= text.length - own.length;
    if (!this.blocked) this.out.push(own);
  }

  region(region: Region, value: string): void {
    const { entity, rule, score } = region.best;
    const context = Math.min(this.toSkip, value.length);
    this.toSkip -= context;
    this.lastPasses = false;
    if (context === value.length) return;
    const operator = this.masker.operatorOf(entity);
    const start = region.start + context - this.skipped;
    const end = region.end - this.skipped;
    const own = value.slice(context);
    this.lastPasses = this.shadow || operator.kind === 'keep';
    const replacement =
      this.blocked || this.lastPasses ? own : this.masker.apply(operator, entity, own, this.restorable);
    const standsFor = replacement?.length ?? 0;
    this.findings.push({ start, end, entity, rule, score, operator: operator.kind, standsFor });
    this.blocked ||= replacement === undefined;
    if (!this.blocked) this.out.push(replacement ?? '');
  }

  swallowed(count: number, text: string): void {
    extendLast(this.findings, count);
    if (!this.lastPasses || this.blocked) return;
    this.out.push(text);
    const last = this.findings.at(-1);
    if (last) this.findings[this.findings.length - 1] = { ...last, standsFor: last.end - last.start };
  }

  /** Runs a step and returns what it emitted. A failure emits nothing of the text, then or later. */
  private guarded(step: () => void): string {
    if (this.phase === 'ended')
      throw new RedactionError('redaction.stream_ended', 'the stream was ended before');
    if (this.phase === 'failed') return '';
    try {
      step();
    } catch {
      this.phase = 'failed';
      this.out = [];
      if (this.profile.defaults.onError === 'mask') return '[REDACTED]';
      this.blocked = true;
      return '';
    }
    const emitted = this.halfPair + (this.out.length === 1 ? this.out[0]! : this.out.join(''));
    this.out = [];
    const cut = endsInHalfPair(emitted) ? emitted.length - 1 : emitted.length;
    this.halfPair = emitted.slice(cut);
    return emitted.slice(0, cut);
  }
}

/** Whether the last code unit is the first half of a surrogate pair. */
function endsInHalfPair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

export function extendLast(spans: Array<{ end: number }>, count: number): void {
  const last = spans.at(-1);
  if (last) last.end += count;
}

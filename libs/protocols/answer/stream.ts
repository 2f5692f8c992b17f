import type { JsonDocument, StringAt } from '../json/document.ts';
import { isObject, type Json, mapStrings } from '../json/json.ts';
import { findNode } from '../json/node.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';
import { type Splice, splice } from '../json/splice.ts';
import type { AnswerStream, StreamEnd, StreamEnding, StreamOptions } from './answer-stream.ts';
import type { Frame, Framing } from './framing.ts';
import { maskLiterals } from './literals.ts';
import { NdjsonFraming, rewriteNdjson } from './ndjson.ts';
import { type Passed, Probabilities } from './probabilities.ts';
import type { Channel, EventPlan, StreamReader, StreamShape } from './shape.ts';
import { rewriteSse, SseFraming, writeSse } from './sse.ts';
import { Strings } from './strings.ts';
import { Texts } from './texts.ts';
import { findDropped } from './ties.ts';

/** Opens the masking of one streamed answer. */
export function openStream(shape: StreamShape, options: StreamOptions): AnswerStream {
  return new MaskedStream(shape, options);
}

const defaultMaxEventChars = 8 * 1024 * 1024;
const defaultMaxAnswerChars = 32 * 1024 * 1024;
/** Stands for the text in an event that is being written. */
const carried = '\u0000text\u0000';
const nothing = new Uint8Array(0);
const everyText = (): boolean => true;

class MaskedStream implements AnswerStream {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly framing: Framing;
  private readonly reader: StreamReader;
  private readonly texts: Texts;
  private readonly strings: Strings;
  private readonly probabilities = new Probabilities();
  private readonly maxEventChars: number;
  private ending: StreamEnding | undefined;

  constructor(
    private readonly shape: StreamShape,
    private readonly options: StreamOptions,
  ) {
    this.framing = shape.framing === 'sse' ? new SseFraming() : new NdjsonFraming();
    this.reader = shape.open(options.contentIsJson ?? false);
    this.texts = new Texts(options, shape.knownKeys);
    this.strings = new Strings(options, shape.knownKeys, shape.hasFields);
    this.maxEventChars = options.maxEventChars ?? defaultMaxEventChars;
  }

  get isOver(): boolean {
    return this.ending !== undefined;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.isOver) return nothing;
    const written = this.takeAll(this.framing.push(this.decoder.decode(bytes, { stream: true })));
    if (this.framing.pendingChars > this.maxEventChars) this.ending ??= 'too_large';
    return Buffer.from(written);
  }

  end(): StreamEnd {
    let written = '';
    if (!this.isOver) {
      written = this.takeAll(this.framing.push(this.decoder.decode()));
      const frames = this.isOver ? [] : this.framing.end();
      written += this.takeAll(frames);
      // What can't be read because the connection broke inside it is a truncation.
      if (this.ending === 'invalid' && frames.length > 0) this.ending = 'truncated';
    }
    if (!this.isOver && this.reader.isComplete) written += this.closeTexts(everyText, new Map());
    this.ending ??= this.reader.isComplete ? 'finished' : 'truncated';
    const record = this.reader.record((key) => this.texts.textOf(key));
    return { bytes: Buffer.from(written), ending: this.ending, complete: this.ending === 'finished', record };
  }

  private takeAll(frames: readonly Frame[]): string {
    let written = '';
    for (const frame of frames) {
      if (this.isOver) break;
      if (frame.raw.length > this.maxEventChars) this.ending = 'too_large';
      else written += this.take(frame);
    }
    return written;
  }

  private take(frame: Frame): string {
    if (frame.data === undefined) return this.rewrite(frame, undefined);
    if (frame.data === this.reader.doneMark) return this.finish(frame);
    const document = parseJson(frame.data, { strict: false, maxDepth, knownKeys: this.shape.knownKeys });
    if (isFault(document) || !isObject(document.value)) {
      this.ending = 'invalid';
      return '';
    }
    return this.event(frame, document, this.reader.read(document.value, frame.name, this.strings.mask));
  }

  private finish(frame: Frame): string {
    if (!this.reader.isComplete) {
      this.ending = 'truncated';
      return '';
    }
    const rest = this.closeTexts(everyText, new Map());
    this.ending = 'finished';
    return rest + this.rewrite(frame, undefined);
  }

  private event(frame: Frame, document: JsonDocument, plan: EventPlan): string {
    const before = this.closeTexts(plan.closes, plan.pieces);
    const splices = this.maskEvent(document, plan);
    if (this.texts.chars > (this.options.maxAnswerChars ?? defaultMaxAnswerChars)) {
      this.ending = 'too_large';
      return before;
    }
    if (plan.kind === 'error') this.ending = 'upstream_error';
    const data = splices.length === 0 ? undefined : splice(document.source, splices);
    if (plan.after !== undefined) {
      const masked = data === undefined ? document.value : (JSON.parse(data) as Json);
      if (isObject(masked)) plan.after(masked);
    }
    return before + this.rewrite(frame, data);
  }

  private maskEvent(document: JsonDocument, plan: EventPlan): readonly Splice[] {
    const passed = new Map<string, Passed>();
    const mask = ({ pointer, text, key }: StringAt): string => {
      const channel = key ? undefined : plan.pieces.get(pointer);
      if (channel !== undefined) {
        const masked = this.texts.push(channel, text, plan.closes(channel));
        passed.set(pointer, { channel, text, masked });
        return masked;
      }
      const isJson = !key && this.isJsonAt(pointer);
      return isJson ? this.strings.maskJson(text, pointer) : this.strings.mask(text, pointer);
    };
    const { splices, changed } = maskLiterals(document, mask, this.shape.isWrittenJson, (pointer, text) =>
      this.strings.maskJson(text, pointer),
    );
    for (const [pointer, number] of plan.numbers?.() ?? []) {
      const node = findNode(document.source, pointer);
      if (node !== undefined) splices.push({ start: node.start, end: node.end, text: String(number) });
    }
    if (this.options.openMask === undefined) return splices;
    const done = this.probabilities.follow(document, plan.ties, passed, changed, splices);
    const others = plan.ties.filter((tie) => !done.has(tie));
    return [...splices, ...findDropped(document, others, changed)];
  }

  private isJsonAt(pointer: string): boolean {
    const form = this.shape.formAt?.(pointer);
    return form === 'json' || (form === 'content' && this.options.contentIsJson === true);
  }

  /** Ends texts; what they still held goes out in events of its own, unless the event at hand has a place for it. */
  private closeTexts(closes: (channel: Channel) => boolean, pieces: ReadonlyMap<string, Channel>): string {
    if (this.texts.areClosed) return '';
    const here = new Set<string>();
    for (const channel of pieces.values()) here.add(channel.key);
    let written = '';
    for (const { channel, rest } of this.texts.close(closes, here)) written += this.carry(channel, rest);
    return written;
  }

  /** An event of the gateway's own: whatever it repeats of earlier ones is masked like theirs. */
  private carry(channel: Channel, text: string): string {
    const { mask } = this.strings;
    const { data, name } = channel.carry(
      carried,
      this.reader.envelope,
      this.probabilities.rest(channel, text),
    );
    const json = JSON.stringify(mapStrings(data, (each) => (each === carried ? text : mask(each))));
    return this.shape.framing === 'sse' ? writeSse(json, name && mask(name)) : `${json}\n`;
  }

  private rewrite(frame: Frame, data: string | undefined): string {
    const { mask } = this.strings;
    const isClean = frame.beside.every((text) => mask(text) === text);
    if (data === undefined && isClean) return frame.raw;
    if (this.shape.framing === 'ndjson') return rewriteNdjson(frame, data ?? frame.data ?? '');
    return rewriteSse(frame, data ?? frame.data, (line) => isClean || mask(line) === line);
  }
}

import { isObject, type Json, mapStrings } from '../json/json.ts';
import { findNode } from '../json/node.ts';
import { isFault, type JsonDocument, maxDepth, parseJson, type StringAt } from '../json/parse.ts';
import { type Splice, splice } from '../json/splice.ts';
import { JsonTextMask } from '../json/text-mask.ts';
import type { Frame, Framing } from './framing.ts';
import { maskLiterals } from './literals.ts';
import { type Mask, maskWhole, type OpenMask, placeOf, WholePairs } from './mask.ts';
import { NdjsonFraming, rewriteNdjson } from './ndjson.ts';
import type { AnswerRecord } from './record.ts';
import type { Channel, EventPlan, StreamReader, StreamShape } from './shape.ts';
import { rewriteSse, SseFraming, writeSse } from './sse.ts';
import { findDropped } from './ties.ts';
import { maskAs } from './whole.ts';

/** How a stream is masked. */
export interface StreamOptions {
  /** Absent: nothing is to be masked, and every event passes as it came. */
  readonly openMask?: OpenMask | undefined;
  /** The request asked for JSON output: the main text is masked so that it stays JSON. */
  readonly contentIsJson?: boolean | undefined;
  /** One event, at most, in UTF-16 code units. Default 8 Mi. */
  readonly maxEventChars?: number;
  /** All text of the answer, at most, in UTF-16 code units. Default 32 Mi. */
  readonly maxAnswerChars?: number;
}

/**
 * How a stream ended. `finished`: with its finish. `upstream_error`: with an error event, which was passed on.
 * `truncated`: without a finish; `invalid`: with something that is not an event; `too_large`: past a limit.
 * After the last three the client still needs an error event; held text was dropped.
 */
export type StreamEnding = 'finished' | 'upstream_error' | 'truncated' | 'invalid' | 'too_large';

/** The rest of a stream and what it was. */
export interface StreamEnd {
  readonly bytes: Uint8Array;
  readonly ending: StreamEnding;
  /** Whether the client has a clean, finished answer. */
  readonly complete: boolean;
  readonly record: AnswerRecord;
}

/** Turns what the model's server sends into what the client may read. Exceptions of the mask pass through: drop the stream. */
export interface AnswerStream {
  /** Takes bytes cut anywhere; returns bytes that are decided, whole events each. */
  push(bytes: Uint8Array): Uint8Array;
  /** Nothing more will come out: the stream said so, failed, or broke a limit. */
  readonly isOver: boolean;
  end(): StreamEnd;
}

/** Opens the masking of one streamed answer. */
export function openStream(shape: StreamShape, options: StreamOptions): AnswerStream {
  return new MaskedStream(shape, options);
}

interface OpenText {
  readonly channel: Channel;
  readonly mask: Mask;
}

/** Stands for the text in an event that is being written. */
const carried = '\u0000text\u0000';
const defaultMaxEventChars = 8 * 1024 * 1024;
const defaultMaxAnswerChars = 32 * 1024 * 1024;
const longestRemembered = 128;
const mostRemembered = 256;

const passing: Mask = { push: (chunk) => chunk, end: () => '' };

class MaskedStream implements AnswerStream {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly framing: Framing;
  private readonly reader: StreamReader;
  private readonly texts = new Map<string, OpenText>();
  private readonly outputs = new Map<string, string[]>();
  private readonly remembered = new Map<string, string>();
  private readonly whole = (text: string): string => this.maskString(text, '');
  private answerChars = 0;
  private ending: StreamEnding | undefined;

  constructor(
    private readonly shape: StreamShape,
    private readonly options: StreamOptions,
  ) {
    this.framing = shape.framing === 'sse' ? new SseFraming() : new NdjsonFraming();
    this.reader = shape.open(options.contentIsJson ?? false);
  }

  get isOver(): boolean {
    return this.ending !== undefined;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.isOver) return new Uint8Array(0);
    const frames = this.framing.push(this.decoder.decode(bytes, { stream: true }));
    const written = this.takeAll(frames);
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
    if (!this.isOver && this.reader.isComplete) written += this.closeTexts(() => true, new Map());
    this.ending ??= this.reader.isComplete ? 'finished' : 'truncated';
    const record = this.reader.record((key) => (this.outputs.get(key) ?? []).join(''));
    return { bytes: Buffer.from(written), ending: this.ending, complete: this.ending === 'finished', record };
  }

  private get maxEventChars(): number {
    return this.options.maxEventChars ?? defaultMaxEventChars;
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
    return this.event(frame, document, this.reader.read(document.value, frame.name, this.whole));
  }

  private finish(frame: Frame): string {
    if (!this.reader.isComplete) {
      this.ending = 'truncated';
      return '';
    }
    const rest = this.closeTexts(() => true, new Map());
    this.ending = 'finished';
    return rest + this.rewrite(frame, undefined);
  }

  private event(frame: Frame, document: JsonDocument, plan: EventPlan): string {
    const before = this.closeTexts(plan.closes, plan.pieces);
    const splices = this.maskEvent(document, plan);
    if (this.answerChars > (this.options.maxAnswerChars ?? defaultMaxAnswerChars)) {
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
    const { openMask } = this.options;
    const mask = ({ pointer, text, key }: StringAt): string => {
      const channel = key ? undefined : plan.pieces.get(pointer);
      if (channel !== undefined) return this.maskPiece(channel, text, plan.closes);
      return !key && openMask !== undefined && this.isJsonAt(pointer)
        ? maskAs('json', openMask, placeOf(pointer, this.shape.knownKeys), text)
        : this.maskString(text, pointer);
    };
    const { splices, changed } = maskLiterals(document, mask, this.shape.isWrittenJson, (pointer, text) =>
      openMask === undefined ? text : maskAs('json', openMask, placeOf(pointer, this.shape.knownKeys), text),
    );
    for (const [pointer, number] of plan.numbers?.() ?? []) {
      const node = findNode(document.source, pointer);
      if (node !== undefined) splices.push({ start: node.start, end: node.end, text: String(number) });
    }
    return openMask === undefined ? splices : [...splices, ...findDropped(document, plan.ties, changed)];
  }

  private isJsonAt(pointer: string): boolean {
    const form = this.shape.formAt?.(pointer);
    return form === 'json' || (form === 'content' && this.options.contentIsJson === true);
  }

  private maskPiece(channel: Channel, text: string, closes: (channel: Channel) => boolean): string {
    const isOpen = this.texts.has(channel.key);
    if (text === '' && !isOpen) return '';
    const open = this.openText(channel);
    let masked = text === '' ? '' : open.mask.push(text);
    if (closes(channel)) {
      masked += open.mask.end();
      this.texts.delete(channel.key);
    }
    this.note(channel, masked);
    return masked;
  }

  private openText(channel: Channel): OpenText {
    const known = this.texts.get(channel.key);
    if (known !== undefined) return known;
    const open = { channel, mask: this.openMaskFor(channel) };
    this.texts.set(channel.key, open);
    return open;
  }

  private openMaskFor({ form, key }: Channel): Mask {
    const { openMask } = this.options;
    if (openMask === undefined) return passing;
    const place = placeOf(key, this.shape.knownKeys);
    return form === 'json' ? new JsonTextMask(openMask, place) : new WholePairs(openMask(place));
  }

  /** Ends texts; what they still held goes out as events of its own, unless the event at hand has a place for it. */
  private closeTexts(closes: (channel: Channel) => boolean, pieces: ReadonlyMap<string, Channel>): string {
    if (this.texts.size === 0) return '';
    const here = new Set<string>();
    for (const channel of pieces.values()) here.add(channel.key);
    let written = '';
    for (const { channel, mask } of [...this.texts.values()]) {
      if (here.has(channel.key) || !closes(channel)) continue;
      this.texts.delete(channel.key);
      const rest = mask.end();
      if (rest === '') continue;
      this.note(channel, rest);
      written += this.carry(channel, rest);
    }
    return written;
  }

  /** An event of the gateway's own: whatever it repeats of earlier ones is masked like theirs. */
  private carry(channel: Channel, text: string): string {
    const { data, name } = channel.carry(carried, this.reader.envelope);
    const json = JSON.stringify(mapStrings(data, (each) => (each === carried ? text : this.whole(each))));
    return this.shape.framing === 'sse' ? writeSse(json, name && this.whole(name)) : `${json}\n`;
  }

  private note(channel: Channel, text: string): void {
    if (text === '') return;
    this.answerChars += text.length;
    const output = this.outputs.get(channel.key);
    if (output === undefined) this.outputs.set(channel.key, [text]);
    else output.push(text);
  }

  /** Masks a complete string. Short ones repeat in every event of a stream, so their result is kept. */
  private maskString(text: string, place: string): string {
    const { openMask } = this.options;
    if (text === '' || openMask === undefined) return text;
    const known = this.remembered.get(text);
    if (known !== undefined) return known;
    const masked = maskWhole(openMask, placeOf(place, this.shape.knownKeys), text);
    if (text.length <= longestRemembered) {
      if (this.remembered.size >= mostRemembered) this.remembered.clear();
      this.remembered.set(text, masked);
    }
    return masked;
  }

  private rewrite(frame: Frame, data: string | undefined): string {
    const isClean = frame.beside.every((text) => this.whole(text) === text);
    if (data === undefined && isClean) return frame.raw;
    if (this.shape.framing === 'ndjson') return rewriteNdjson(frame, data ?? frame.data ?? '');
    return rewriteSse(frame, data ?? frame.data, (line) => isClean || this.whole(line) === line);
  }
}

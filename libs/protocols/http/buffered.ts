import type { AnswerStream, StreamEnd, StreamEnding, StreamOptions } from '../answer/answer-stream.ts';
import type { Frame } from '../answer/framing.ts';
import { maskWhole, type OpenMask, placeOf } from '../answer/mask.ts';
import { NdjsonFraming, rewriteNdjson } from '../answer/ndjson.ts';
import { maskField } from '../answer/open.ts';
import { emptyRecord, readError } from '../answer/record.ts';
import { rewriteSse, SseFraming } from '../answer/sse.ts';
import { isObject, objectOf } from '../json/json.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';
import { type Splice, splice } from '../json/splice.ts';
import { decodeLeniently } from '../json/utf8.ts';

const defaultMaxAnswerChars = 32 * 1024 * 1024;
const noNames: ReadonlySet<string> = new Set();

interface Place {
  readonly frame: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * A stream of which nobody said where its texts are: kept until its end, because any string may go on in the
 * next event. What stands at one pointer over all events is masked as one text; where that changes it, the first
 * event carries the masked text and the later ones none.
 */
export class BufferedStream implements AnswerStream {
  private readonly parts: Uint8Array[] = [];
  private bytes = 0;
  private ending: StreamEnding | undefined;

  constructor(
    private readonly framing: 'sse' | 'ndjson',
    private readonly options: StreamOptions,
  ) {}

  get isOver(): boolean {
    return this.ending !== undefined;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.isOver) return new Uint8Array(0);
    if (this.options.openMask === undefined) {
      this.bytes += bytes.length;
      return bytes;
    }
    this.bytes += bytes.length;
    if (this.bytes > (this.options.maxAnswerChars ?? defaultMaxAnswerChars)) {
      this.ending = 'too_large';
      this.parts.length = 0;
    } else this.parts.push(bytes.slice());
    return new Uint8Array(0);
  }

  end(): StreamEnd {
    if (this.bytes === 0) this.ending ??= 'truncated';
    const { openMask } = this.options;
    const output = this.isOver || openMask === undefined ? '' : this.maskAll(openMask);
    this.ending ??= 'finished';
    return {
      ...{ bytes: Buffer.from(output), ending: this.ending, complete: this.ending === 'finished' },
      record: emptyRecord,
    };
  }

  private maskAll(openMask: OpenMask): string {
    const framing = this.framing === 'sse' ? new SseFraming() : new NdjsonFraming();
    const source = decodeLeniently(Buffer.concat(this.parts));
    const frames = [...framing.push(source), ...framing.end()];
    const splices = frames.map((): Splice[] => []);
    const whole = (text: string, pointer: string): string =>
      maskField(this.options, pointer, text) ?? maskWhole(openMask, placeOf(pointer, noNames), text);
    for (const [pointer, places] of this.collect(frames, splices, whole)) {
      const text = places.map((place) => place.text).join('');
      const masked = whole(text, pointer);
      if (masked === text) continue;
      for (const [index, { frame, start, end }] of places.entries()) {
        splices[frame]?.push({ start, end, text: JSON.stringify(index === 0 ? masked : '') });
      }
    }
    if (this.ending === 'invalid') return '';
    return frames.map((frame, index) => this.write(frame, splices[index] ?? [], whole)).join('');
  }

  /** Strings by pointer, over all events. A payload that is not JSON is a string at the root. */
  private collect(
    frames: readonly Frame[],
    splices: readonly Splice[][],
    whole: (text: string, pointer: string) => string,
  ): Map<string, Place[]> {
    const places = new Map<string, Place[]>();
    for (const [index, { data }] of frames.entries()) {
      if (data === undefined) continue;
      const document = parseJson(data, { strict: false, maxDepth, knownKeys: noNames });
      if (isFault(document)) {
        if (data !== '[DONE]' && whole(data, '') !== data) this.ending = 'invalid';
        continue;
      }
      if (isObject(document.value) && readError(objectOf(document.value).error) !== undefined) {
        this.ending ??= 'upstream_error';
      }
      for (const { pointer, text, start, end, key } of document.strings) {
        const masked = key ? whole(text, '') : text;
        if (masked !== text) splices[index]?.push({ start, end, text: JSON.stringify(masked) });
        if (key) continue;
        const known = places.get(pointer);
        const place = { frame: index, text, start, end };
        if (known === undefined) places.set(pointer, [place]);
        else known.push(place);
      }
    }
    return places;
  }

  private write(
    frame: Frame,
    splices: readonly Splice[],
    whole: (text: string, pointer: string) => string,
  ): string {
    const isClean = frame.beside.every((text) => whole(text, '') === text);
    if (splices.length === 0 && isClean) return frame.raw;
    const data = frame.data === undefined ? undefined : splice(frame.data, splices);
    if (this.framing === 'ndjson') return rewriteNdjson(frame, data ?? '');
    return rewriteSse(frame, data, (line) => isClean || whole(line, '') === line);
  }
}

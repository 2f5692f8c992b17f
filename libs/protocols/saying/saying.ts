import type { Frame, Framing } from '../answer/framing.ts';
import { NdjsonFraming } from '../answer/ndjson.ts';
import type { AnswerRecord, ChoiceRecord } from '../answer/record.ts';
import type { Channel, StreamReader, StreamShape } from '../answer/shape.ts';
import { SseFraming } from '../answer/sse.ts';
import { isObject, type JsonObject } from '../json/json.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';

/** What kind of saying it is; a call's `name` is its tool, of `other` its place. */
export type SaidKind = 'text' | 'reasoning' | 'refusal' | 'call' | 'other' | 'error';

/** A piece of what an answer says. */
export interface Said {
  /** Index of the alternative. */
  readonly choice: number;
  readonly kind: SaidKind;
  readonly name?: string;
  /** Tells one tool call from the next: its number in the alternative. */
  readonly call?: number;
  readonly text: string;
}

/** Reads a recorded stream as what it says, piece after piece. */
export interface Saying {
  /** What these bytes, cut anywhere, add. */
  push(text: string): readonly Said[];
  /** The rest; undefined where something in the stream could not be read, so that it must be shown as it is. */
  end(): readonly Said[] | undefined;
}

/** What a complete answer says, in the order in which people read it. */
export function saidIn({ choices, error }: AnswerRecord): Said[] {
  const failure: Said[] =
    error === undefined
      ? []
      : [{ choice: 0, kind: 'error', text: [error.code, error.message].filter(Boolean).join(': ') }];
  return [...choices.flatMap(saidInChoice), ...failure];
}

function saidInChoice(record: ChoiceRecord): Said[] {
  const choice = record.index;
  const texts = (['reasoning', 'text', 'refusal'] as const).map((kind) => ({
    choice,
    kind,
    text: record[kind],
  }));
  const others = Object.entries(record.other).map(([name, text]) => ({
    choice,
    kind: 'other' as const,
    name,
    text,
  }));
  const calls = record.toolCalls.map(
    (called, call): Said => ({ choice, kind: 'call', name: called.name ?? '', call, text: called.arguments }),
  );
  return [...[...texts, ...others].filter(({ text }) => text !== ''), ...calls];
}

/** Follows a stream with the same framing and reader that masking uses. */
export class StreamSaying implements Saying {
  private readonly framing: Framing;
  private readonly reader: StreamReader;
  /** Texts by channel, and what each is. */
  private readonly texts = new Map<string, string[]>();
  private readonly placed = new Map<string, Omit<Said, 'text'>>();
  /** What was told of already, by `tellingOf`. */
  private readonly told = new Set<string>();
  private isReadable = true;
  private hasEvents = false;

  constructor(private readonly shape: StreamShape) {
    this.framing = shape.framing === 'sse' ? new SseFraming() : new NdjsonFraming();
    this.reader = shape.open(false);
  }

  push(text: string): readonly Said[] {
    return this.takeAll(this.framing.push(text));
  }

  end(): readonly Said[] | undefined {
    const last = this.takeAll(this.framing.end());
    const record = this.reader.record((key) => this.texts.get(key)?.join('') ?? '');
    const rest = saidIn(record).filter((said) => !this.told.has(tellingOf(said)));
    return this.isReadable && this.hasEvents ? [...last, ...rest] : undefined;
  }

  private takeAll(frames: readonly Frame[]): Said[] {
    const said: Said[] = [];
    for (const frame of frames) if (this.isReadable) said.push(...this.take(frame));
    return said;
  }

  private take({ data, name }: Frame): Said[] {
    if (data === undefined || data === this.reader.doneMark) return [];
    const document = parseJson(data, { strict: false, maxDepth, knownKeys: this.shape.knownKeys });
    if (isFault(document) || !isObject(document.value)) {
      this.isReadable = false;
      return [];
    }
    this.hasEvents = true;
    const plan = this.reader.read(document.value, name, (text) => text);
    plan.after?.(document.value as JsonObject);
    const pieces: [Channel, string][] = [];
    for (const { pointer, text, key } of document.strings) {
      const channel = key ? undefined : plan.pieces.get(pointer);
      if (channel !== undefined && text !== '') pieces.push([channel, text]);
    }
    const isKnown = pieces.length > 0 && pieces.every(([{ key }]) => this.placed.has(key));
    for (const [{ key }, text] of pieces) this.keep(key, text);
    const whole = isKnown ? [] : this.place();
    return [...whole, ...pieces.map(([{ key }, text]) => this.tell(key, text))];
  }

  private keep(key: string, text: string): void {
    const texts = this.texts.get(key);
    if (texts === undefined) this.texts.set(key, [text]);
    else texts.push(text);
  }

  private tell(key: string, text: string): Said {
    const said: Said = { ...(this.placed.get(key) ?? { choice: 0, kind: 'other', name: key }), text };
    this.told.add(tellingOf(said));
    return said;
  }

  /** Finds what each channel is by where the record has it; returns tool calls that came whole. */
  private place(): Said[] {
    const record = this.reader.record((key) => (this.texts.has(key) ? `${mark}${key}${mark}` : ''));
    const whole: Said[] = [];
    for (const { text, ...said } of saidIn({ ...record, error: undefined })) {
      const keys = text.split(mark).filter((_, index) => index % 2 === 1);
      for (const key of keys) this.placed.set(key, said);
      const telling = tellingOf({ ...said, text });
      // A call whose arguments have not begun is told when they do, or at the end.
      const isWhole = said.kind === 'call' && keys.length === 0 && text !== '' && text !== '{}';
      if (!isWhole || this.told.has(telling)) continue;
      this.told.add(telling);
      whole.push({ ...said, text });
    }
    return whole;
  }
}

const mark = '\u0000';

function tellingOf({ choice, kind, name, call }: Said): string {
  return kind === 'call' ? `${choice} call ${call}` : `${choice} ${kind} ${kind === 'other' ? name : ''}`;
}

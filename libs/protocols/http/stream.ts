import { type AnswerRecord, emptyRecord, maskError, readError } from '../answer/record.ts';
import {
  type Channel,
  closesNothing,
  type Envelope,
  type EventPlan,
  errorEvent,
  type StreamReader,
  type StreamShape,
} from '../answer/shape.ts';
import { type Json, type JsonObject, pointerToken, pointerTokens } from '../json/json.ts';

/** Reading of a stream whose texts are at known pointers; `*` stands for any one token. */
export function httpStream(framing: 'sse' | 'ndjson', patterns: readonly string[]): StreamShape {
  return {
    framing,
    hasFields: true,
    knownKeys: new Set(),
    open: () => new HttpStreamReader(patterns.map(pointerTokens)),
  };
}

class HttpStreamReader implements StreamReader {
  readonly doneMark = '[DONE]';
  readonly envelope: Envelope = {};
  isComplete = false;
  private readonly channels = new Map<string, Channel>();
  private said: AnswerRecord = emptyRecord;

  constructor(private readonly patterns: readonly (readonly string[])[]) {}

  read(event: JsonObject, _name: string | undefined, whole: (text: string) => string): EventPlan {
    const error = readError(event.error);
    if (error !== undefined) {
      this.said = { ...this.said, error: maskError(error, whole) };
      return errorEvent;
    }
    // Nothing says that such a stream is finished but its end; the connection tells a broken one.
    this.isComplete = true;
    const pieces = new Map<string, Channel>();
    for (const pattern of this.patterns) {
      for (const path of expand(event, pattern)) pieces.set(pointerOf(path), this.channel(path));
    }
    return { kind: 'event', pieces, closes: closesNothing, ties: [] };
  }

  record(textOf: (key: string) => string): AnswerRecord {
    if (this.channels.size === 0) return this.said;
    const text = [...this.channels.keys()].map(textOf).join('');
    const choice = {
      index: 0,
      text,
      reasoning: '',
      refusal: '',
      toolCalls: [],
      other: {},
      finish: undefined,
    };
    return { ...this.said, choices: [choice] };
  }

  private channel(path: readonly string[]): Channel {
    const key = pointerOf(path);
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const carry = (text: string): { data: JsonObject; name: undefined } => ({
      data: nest(path, text),
      name: undefined,
    });
    const channel: Channel = { key, form: 'text', carry };
    this.channels.set(key, channel);
    return channel;
  }
}

function pointerOf(path: readonly string[]): string {
  return path.map((token) => `/${pointerToken(token)}`).join('');
}

/** The paths of strings that a pattern names in a value. */
function expand(value: Json, pattern: readonly string[], at: readonly string[] = []): (readonly string[])[] {
  const [token, ...rest] = pattern;
  if (token === undefined) return typeof value === 'string' ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value).filter(([key]) => token === '*' || key === token);
  return entries.flatMap(([key, each]) => expand(each, rest, [...at, key]));
}

/** An object with nothing but one string; list elements before it are null. */
function nest(path: readonly string[], text: string): JsonObject {
  let value: Json = text;
  for (const token of [...path.slice(1)].reverse()) {
    const index = /^\d{1,4}$/.test(token) ? Number(token) : undefined;
    value = index === undefined ? { [token]: value } : [...Array<null>(index).fill(null), value];
  }
  return { [path[0] ?? '']: value };
}

import {
  type AnswerRecord,
  emptyRecord,
  maskError,
  readError,
  type ToolCallRecord,
} from '../answer/record.ts';
import {
  type Channel,
  closesNothing,
  type Envelope,
  type EventPlan,
  errorEvent,
  type StreamReader,
  type StreamShape,
} from '../answer/shape.ts';
import { arrayOf, isObject, type JsonObject, numberOf, objectOf, stringOf } from '../json/json.ts';
import { findLogprobs, formAt, readResponse, responsesAnswer } from './answer.ts';

/** Reading of responses streams (platform.openai.com/docs/api-reference/responses-streaming). */
export const responsesStream: StreamShape = {
  framing: 'sse',
  knownKeys: responsesAnswer.knownKeys,
  formAt,
  open: (contentIsJson) => new ResponsesStreamReader(contentIsJson),
};

type Whole = (text: string) => string;

interface Call {
  readonly id: string | undefined;
  readonly name: string | undefined;
}

/** Deltas that are encoded media, each complete in its event. */
const media: ReadonlySet<string> = new Set(['response.audio', 'response.output_audio']);
const jsonTexts: ReadonlySet<string> = new Set([
  'response.function_call_arguments',
  'response.mcp_call_arguments',
]);
const places = ['item_id', 'output_index', 'content_index', 'summary_index'] as const;

class ResponsesStreamReader implements StreamReader {
  readonly doneMark = '[DONE]';
  readonly envelope: Envelope = {};
  isComplete = false;
  private readonly channels = new Map<string, Channel>();
  private readonly calls = new Map<number, Call>();
  private said: AnswerRecord = emptyRecord;
  private final: AnswerRecord | undefined;
  private sequence: number | undefined;
  /** Events added so far: all later ones move by as much. */
  private added = 0;

  constructor(private readonly contentIsJson: boolean) {}

  read(event: JsonObject, _name: string | undefined, whole: Whole): EventPlan {
    this.sequence = numberOf(event.sequence_number);
    const type = stringOf(event.type) ?? '';
    const plan = { ties: findLogprobs(event, ''), numbers: () => this.numbers() };
    const failure = type === 'error' || event.error !== undefined ? (event.error ?? event) : undefined;
    const error = readError(failure);
    if (error !== undefined) {
      this.said = { ...this.said, error: maskError(error, whole) };
      return { ...errorEvent, ...plan };
    }
    if (isObject(event.response)) return { ...plan, ...this.readWhole(event.response, type) };
    if (type === 'response.output_item.added') this.noteItem(event, whole);
    const pieces = this.findPiece(event, type);
    return { kind: 'event', pieces, closes: closedBy(event, type), ...plan };
  }

  record(textOf: (key: string) => string): AnswerRecord {
    if (this.final !== undefined) return this.final;
    if (this.channels.size === 0 && this.calls.size === 0) return this.said;
    const join = (pattern: RegExp): string =>
      [...this.channels.keys()].map((key) => (pattern.test(key) ? textOf(key) : '')).join('');
    const toolCalls: ToolCallRecord[] = [...this.calls].map(([index, call]) => ({
      ...call,
      arguments: join(
        new RegExp(`^/output/${index}/response\\.(?:function_call_arguments|custom_tool_call_input)/`),
      ),
    }));
    const choice = {
      ...{
        index: 0,
        text: join(/\.output_text\//),
        reasoning: join(/\.reasoning/),
        refusal: join(/\.refusal\//),
      },
      ...{ toolCalls, other: {}, finish: undefined },
    };
    return { ...this.said, choices: [choice] };
  }

  /** An event with the response as it stands: at the start without its output, at the end with all of it. */
  private readWhole(response: JsonObject, type: string): Omit<EventPlan, 'ties'> {
    const isEnd =
      type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed';
    const after = (masked: JsonObject): void => {
      const seen = readResponse(objectOf(masked.response));
      if (isEnd && arrayOf(response.output).length > 0) this.final = seen;
      this.said = { ...this.said, id: seen.id, model: seen.model, usage: seen.usage, error: seen.error };
    };
    if (isEnd && type !== 'response.failed') this.isComplete = true;
    const kind = type === 'response.failed' ? 'error' : 'event';
    return { kind, pieces: new Map(), closes: () => isEnd, after };
  }

  private numbers(): ReadonlyMap<string, number> {
    const isMoved = this.added > 0 && this.sequence !== undefined;
    return isMoved ? new Map([['/sequence_number', (this.sequence ?? 0) + this.added]]) : new Map();
  }

  private noteItem(event: JsonObject, whole: Whole): void {
    const item = objectOf(event.item);
    if (typeof item.name !== 'string') return;
    const id = stringOf(item.call_id) ?? stringOf(item.id);
    const call = { id: id === undefined ? undefined : whole(id), name: whole(item.name) };
    this.calls.set(numberOf(event.output_index) ?? 0, call);
  }

  private findPiece(event: JsonObject, type: string): ReadonlyMap<string, Channel> {
    const base = type.endsWith('.delta') ? type.slice(0, -6) : undefined;
    if (base === undefined || media.has(base) || typeof event.delta !== 'string') return new Map();
    return new Map([['/delta', this.channel(event, base)]]);
  }

  private channel(event: JsonObject, base: string): Channel {
    const key = keyOf(event, base);
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const place: JsonObject = {};
    for (const name of places) if (event[name] !== undefined) place[name] = event[name] ?? null;
    const isText = base === 'response.output_text';
    const isJson = jsonTexts.has(base) || (isText && this.contentIsJson);
    const type = `${base}.delta`;
    const carry = (delta: string): { data: JsonObject; name: string } => {
      const data: JsonObject = { type, ...place, delta, ...(isText ? { logprobs: [] } : {}) };
      if (this.sequence !== undefined) data.sequence_number = this.sequence + this.added;
      this.added += 1;
      return { data, name: type };
    };
    const channel: Channel = { key, form: isJson ? 'json' : 'text', carry };
    this.channels.set(key, channel);
    return channel;
  }
}

function keyOf(event: JsonObject, base: string): string {
  const part = numberOf(event.content_index) ?? numberOf(event.summary_index) ?? 0;
  return `/output/${numberOf(event.output_index) ?? 0}/${base}/${part}`;
}

/** A text ends with the event that repeats it in full, or with its part or item. */
function closedBy(event: JsonObject, type: string): (channel: Channel) => boolean {
  if (!type.endsWith('.done')) return closesNothing;
  const base = type.slice(0, -5);
  const item = `/output/${numberOf(event.output_index) ?? 0}/`;
  if (base === 'response.output_item') return ({ key }) => key.startsWith(item);
  const key = keyOf(event, base);
  return (channel) => channel.key === key;
}

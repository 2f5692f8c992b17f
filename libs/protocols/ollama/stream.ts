import {
  type AnswerRecord,
  emptyRecord,
  maskError,
  readError,
  type ToolCallRecord,
} from '../answer/record.ts';
import {
  type Channel,
  type Envelope,
  type EventPlan,
  errorEvent,
  type StreamReader,
  type StreamShape,
} from '../answer/shape.ts';
import { arrayOf, type JsonObject, objectOf, pointerToken, stringOf } from '../json/json.ts';
import { isArguments, readCalls, readCounts, readFinish, repeats } from './answer.ts';
import { ollamaNames } from './names.ts';

type Whole = (text: string) => string;

/** Reading of Ollama's streams: a line is an answer with the next piece of its texts. */
export const ollamaStream: StreamShape = {
  framing: 'ndjson',
  knownKeys: ollamaNames,
  isWrittenJson: isArguments,
  open: (contentIsJson) => new OllamaStreamReader(contentIsJson),
};

/** Strings beside the texts that every line repeats. */
const wholeMembers: ReadonlySet<string> = new Set([
  ...['model', 'created_at', 'done_reason', 'role', 'remote_model', 'remote_host', 'tool_name', 'error'],
]);

class OllamaStreamReader implements StreamReader {
  readonly doneMark = undefined;
  envelope: Envelope = {};
  isComplete = false;
  private readonly channels = new Map<string, Channel>();
  private readonly calls: ToolCallRecord[] = [];
  private said: AnswerRecord = emptyRecord;
  private finish: string | undefined;

  constructor(private readonly contentIsJson: boolean) {}

  read(event: JsonObject, _name: string | undefined, whole: Whole): EventPlan {
    const error = readError(event.error);
    if (error !== undefined) {
      this.said = { ...this.said, error: maskError(error, whole) };
      return errorEvent;
    }
    this.readEnvelope(event, whole);
    const message = objectOf(event.message);
    const pieces = new Map([...this.findTexts(event, ''), ...this.findTexts(message, '/message')]);
    const finish = readFinish(event);
    if (finish !== undefined) {
      this.isComplete = true;
      this.finish = whole(finish);
    }
    const active = new Set<string>();
    for (const [pointer, channel] of pieces) if (stringAt(event, pointer) !== '') active.add(channel.key);
    const goesOn = active.size > 0 || arrayOf(message.tool_calls).length > 0;
    const closes = (channel: Channel): boolean =>
      finish !== undefined || (goesOn && !active.has(channel.key));
    const after = (masked: JsonObject): void => {
      this.calls.push(...readCalls(objectOf(masked.message)));
    };
    const ties = repeats(finish !== undefined);
    return message.tool_calls === undefined
      ? { kind: 'event', pieces, closes, ties }
      : { kind: 'event', pieces, closes, ties, after };
  }

  record(textOf: (key: string) => string): AnswerRecord {
    if (this.channels.size === 0 && this.calls.length === 0) return this.said;
    const text = textOf('/message/content') + textOf('/response');
    const reasoning = textOf('/message/thinking') + textOf('/thinking');
    const choice = {
      index: 0,
      text,
      reasoning,
      refusal: '',
      other: {},
      toolCalls: this.calls,
      finish: this.finish,
    };
    return { ...this.said, choices: [choice] };
  }

  private readEnvelope(event: JsonObject, whole: Whole): void {
    const model = stringOf(event.model);
    const createdAt = stringOf(event.created_at);
    this.envelope = {
      ...(model === undefined ? {} : { model: whole(model) }),
      ...(createdAt === undefined ? {} : { created_at: whole(createdAt) }),
    };
    const usage = readCounts(event) ?? this.said.usage;
    this.said = { ...this.said, model: stringOf(this.envelope.model) ?? this.said.model, usage };
  }

  private findTexts(holder: JsonObject, at: '' | '/message'): Map<string, Channel> {
    const found = new Map<string, Channel>();
    for (const [name, value] of Object.entries(holder)) {
      if (typeof value !== 'string' || wholeMembers.has(name)) continue;
      const key = `${at}/${pointerToken(name)}`;
      found.set(key, this.channel(key, name, at));
    }
    return found;
  }

  private channel(key: string, name: string, at: '' | '/message'): Channel {
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const isContent = key === '/message/content' || key === '/response';
    const channel: Channel = {
      key,
      form: isContent && this.contentIsJson ? 'json' : 'text',
      carry: (text, envelope) => {
        const message = { role: 'assistant', content: '', [name]: text };
        const texts = at === '' ? { response: '', [name]: text } : { message };
        return { data: { ...envelope, ...texts, done: false }, name: undefined };
      },
    };
    this.channels.set(key, channel);
    return channel;
  }
}

function stringAt(event: JsonObject, pointer: string): string {
  const [, first = '', second] = pointer.split('/');
  const value = second === undefined ? event[first] : objectOf(event[first])[second];
  return stringOf(value) ?? '';
}

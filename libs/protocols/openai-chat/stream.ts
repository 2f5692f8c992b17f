import {
  type AnswerRecord,
  type ChoiceRecord,
  emptyRecord,
  maskError,
  readError,
  readUsage,
} from '../answer/record.ts';
import {
  type Channel,
  closesNothing,
  type Envelope,
  type EventPlan,
  errorEvent,
  type StreamReader,
  type StreamShape,
  type Tie,
} from '../answer/shape.ts';
import { arrayOf, isObject, type JsonObject, numberOf, objectOf, stringOf } from '../json/json.ts';
import { type ChoiceTexts, type DeltaChannel, DeltaChannels } from './delta.ts';
import { answerNames } from './names.ts';

/** Reading of chat completion streams (platform.openai.com/docs/api-reference/chat-streaming). */
export const chatStream: StreamShape = {
  framing: 'sse',
  knownKeys: answerNames,
  open: (contentIsJson) => new ChoiceStreamReader(new DeltaChannels(contentIsJson), 'delta'),
};

interface ToolCall {
  id: string | undefined;
  name: string | undefined;
  readonly key: string;
}

interface Choice {
  readonly texts: Map<string, string>;
  readonly tools: Map<string, ToolCall>;
  finish: string | undefined;
}

type Whole = (text: string) => string;

/** Follows a stream of events with `choices`, each with its index, its texts and its finish reason. */
export class ChoiceStreamReader implements StreamReader {
  readonly doneMark = '[DONE]';
  envelope: Envelope = {};
  private readonly choices = new Map<number, Choice>();
  private record_: AnswerRecord = emptyRecord;

  /** `textsAt`: the member of a choice that holds its texts. */
  constructor(
    private readonly channels: ChoiceTexts,
    private readonly textsAt: 'delta' | 'text',
  ) {}

  get isComplete(): boolean {
    return this.choices.size > 0 && [...this.choices.values()].every(({ finish }) => finish !== undefined);
  }

  read(event: JsonObject, _name: string | undefined, whole: Whole): EventPlan {
    const error = readError(event.error);
    if (error !== undefined) {
      this.record_ = { ...this.record_, error: maskError(error, whole) };
      return errorEvent;
    }
    this.readEnvelope(event, whole);
    const pieces = new Map<string, Channel>();
    const ties: Tie[] = [];
    const ends: Array<(channel: Channel) => boolean> = [];
    for (const [at, value] of arrayOf(event.choices).entries()) {
      const choice = objectOf(value);
      const pointer = `/choices/${at}`;
      const here = this.channels.find(choice, pointer, numberOf(choice.index) ?? at);
      for (const { pointer: place, channel } of here) pieces.set(place, channel);
      ends.push(this.readChoice(choice, numberOf(choice.index) ?? at, here, whole));
      if (isObject(choice.logprobs)) ties.push(tieOf(choice.logprobs, pointer, this.textsAt));
    }
    const closes = ends.length === 0 ? closesNothing : (channel: Channel) => ends.some((end) => end(channel));
    return { kind: 'event', pieces, closes, ties };
  }

  record(textOf: (key: string) => string): AnswerRecord {
    const choices = [...this.choices]
      .sort(([a], [b]) => a - b)
      .map(([index, choice]) => say(index, choice, textOf));
    return { ...this.record_, choices };
  }

  private readEnvelope(event: JsonObject, whole: Whole): void {
    const { id, object, created, model, system_fingerprint } = event;
    const envelope: JsonObject = {};
    for (const [key, value] of Object.entries({ id, object, created, model, system_fingerprint })) {
      if (typeof value === 'string') envelope[key] = whole(value);
      else if (typeof value === 'number') envelope[key] = value;
    }
    this.envelope = envelope;
    const usage = readUsage(event.usage) ?? this.record_.usage;
    this.record_ = {
      ...this.record_,
      id: stringOf(envelope.id) ?? this.record_.id,
      model: stringOf(envelope.model) ?? this.record_.model,
      usage,
    };
  }

  /** Notes the choice and says which of its texts end here: all at its finish, else those another text follows. */
  private readChoice(
    value: JsonObject,
    index: number,
    here: readonly DeltaChannel[],
    whole: Whole,
  ): (channel: Channel) => boolean {
    const choice = this.choices.get(index) ?? { texts: new Map(), tools: new Map(), finish: undefined };
    this.choices.set(index, choice);
    for (const found of here) note(choice, found, whole);
    const finish = stringOf(value.finish_reason);
    if (finish !== undefined) choice.finish = whole(finish);
    const active = new Set(here.filter(isActive).map(({ channel }) => channel.key));
    if (finish === undefined && active.size === 0) return closesNothing;
    const prefix = `/choices/${index}/`;
    return (channel) => {
      if (!channel.key.startsWith(prefix)) return false;
      return finish !== undefined || (channel.form === 'text' && !active.has(channel.key));
    };
  }
}

/** Whether the delta goes on with this text; a tool call also begins without arguments. */
function isActive({ text, call }: DeltaChannel): boolean {
  return text !== '' || call?.id !== undefined || call?.name !== undefined;
}

function tieOf(logprobs: JsonObject, at: string, textsAt: string): Tie {
  const tie = { drop: `${at}/logprobs`, texts: `${at}/${textsAt}` };
  const isListed = textsAt === 'delta' && Array.isArray(logprobs.content) && !Array.isArray(logprobs.refusal);
  return isListed ? { ...tie, tokens: { at: `${tie.drop}/content`, of: `${tie.texts}/content` } } : tie;
}

function note(choice: Choice, found: DeltaChannel, whole: Whole): void {
  const { channel, path, call } = found;
  if (call === undefined) {
    choice.texts.set(whole(path), channel.key);
    return;
  }
  const known = choice.tools.get(path) ?? { id: undefined, name: undefined, key: channel.key };
  choice.tools.set(path, known);
  if (call.id !== undefined) known.id = whole(call.id);
  if (call.name !== undefined) known.name = (known.name ?? '') + whole(call.name);
}

function say(index: number, choice: Choice, textOf: (key: string) => string): ChoiceRecord {
  const texts = new Map([...choice.texts].map(([path, key]) => [path, textOf(key)]));
  const take = (path: string): string => {
    const text = texts.get(path) ?? '';
    texts.delete(path);
    return text;
  };
  const parts = [...texts.keys()].filter((path) => /^(?:content(?:\/\d+\/text)?|text)$/.test(path));
  return {
    index,
    text: parts.map(take).join(''),
    reasoning: take('reasoning_content') || take('reasoning'),
    refusal: take('refusal'),
    toolCalls: [...choice.tools.values()].map(({ id, name, key }) => ({ id, name, arguments: textOf(key) })),
    other: Object.fromEntries([...texts].filter(([, text]) => text !== '')),
    finish: choice.finish,
  };
}

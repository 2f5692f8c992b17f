import {
  type AnswerRecord,
  emptyRecord,
  maskError,
  readError,
  readUsage,
  type TokenUsage,
} from '../answer/record.ts';
import {
  type Channel,
  closesNothing,
  type Envelope,
  type EventPlan,
  errorEvent,
  plainEvent,
  type StreamReader,
  type StreamShape,
} from '../answer/shape.ts';
import { type JsonObject, numberOf, objectOf, pointerToken, stringOf } from '../json/json.ts';
import { anthropicNames } from './names.ts';

/** Reading of messages streams (docs.anthropic.com/en/docs/build-with-claude/streaming). */
export const messagesStream: StreamShape = {
  framing: 'sse',
  knownKeys: anthropicNames,
  isWrittenJson: (pointer) => pointer === '/content_block/input',
  open: (contentIsJson) => new MessagesStreamReader(contentIsJson),
};

interface Block {
  readonly type: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Channel keys by the member their text came in. */
  readonly texts: Map<string, string>;
}

type Whole = (text: string) => string;

/** Members of a delta that are complete in their event. */
const wholeMembers: ReadonlySet<string> = new Set(['type', 'signature']);

class MessagesStreamReader implements StreamReader {
  readonly doneMark = undefined;
  readonly envelope: Envelope = {};
  isComplete = false;
  private readonly blocks = new Map<number, Block>();
  private readonly channels = new Map<string, Channel>();
  private said: AnswerRecord = emptyRecord;
  private finish: string | undefined;

  constructor(private readonly contentIsJson: boolean) {}

  read(event: JsonObject, _name: string | undefined, whole: Whole): EventPlan {
    const error = readError(event.error);
    if (error !== undefined) {
      this.said = { ...this.said, error: maskError(error, whole) };
      return errorEvent;
    }
    const index = numberOf(event.index) ?? 0;
    switch (event.type) {
      case 'message_start':
        this.start(objectOf(event.message), whole);
        return plainEvent;
      case 'content_block_start':
        return this.openBlock(objectOf(event.content_block), index, whole);
      case 'content_block_delta':
        return this.goOn(objectOf(event.delta), index);
      case 'content_block_stop':
        return { ...plainEvent, closes: (channel) => channel.key.startsWith(`/content/${index}/`) };
      case 'message_delta':
        return this.finishMessage(event, whole);
      case 'message_stop':
        this.isComplete = true;
        return { ...plainEvent, closes: () => true };
      default:
        return plainEvent;
    }
  }

  record(textOf: (key: string) => string): AnswerRecord {
    const blocks = [...this.blocks.values()];
    const join = (member: string): string =>
      blocks.map(({ texts }) => (texts.has(member) ? textOf(texts.get(member) ?? '') : '')).join('');
    const toolCalls = blocks
      .filter(({ type }) => type.endsWith('tool_use'))
      .map(({ id, name, texts }) => ({
        id,
        name,
        arguments: textOf(texts.get('partial_json') ?? '') || '{}',
      }));
    if (blocks.length === 0 && this.finish === undefined) return this.said;
    const choice = { index: 0, text: join('text'), reasoning: join('thinking'), refusal: '' };
    return { ...this.said, choices: [{ ...choice, toolCalls, other: {}, finish: this.finish }] };
  }

  private start(message: JsonObject, whole: Whole): void {
    const id = stringOf(message.id);
    const model = stringOf(message.model);
    this.said = {
      ...this.said,
      id: id === undefined ? undefined : whole(id),
      model: model === undefined ? undefined : whole(model),
    };
    this.addUsage(readUsage(message.usage));
  }

  private openBlock(block: JsonObject, index: number, whole: Whole): EventPlan {
    const id = stringOf(block.id);
    const name = stringOf(block.name);
    this.blocks.set(index, {
      type: stringOf(block.type) ?? '',
      id: id === undefined ? undefined : whole(id),
      name: name === undefined ? undefined : whole(name),
      texts: new Map(),
    });
    const pieces = new Map<string, Channel>();
    for (const member of ['text', 'thinking']) {
      if (typeof block[member] !== 'string') continue;
      pieces.set(`/content_block/${member}`, this.channel(index, member, `${member}_delta`));
    }
    // A new block follows the text of every earlier one.
    return { ...plainEvent, pieces, closes: (channel) => !channel.key.startsWith(`/content/${index}/`) };
  }

  private goOn(delta: JsonObject, index: number): EventPlan {
    const pieces = new Map<string, Channel>();
    const type = stringOf(delta.type) ?? '';
    for (const [member, value] of Object.entries(delta)) {
      if (typeof value !== 'string' || wholeMembers.has(member)) continue;
      pieces.set(`/delta/${pointerToken(member)}`, this.channel(index, member, type));
    }
    // A signature stands for the whole of the thinking before it.
    const thinking = `/content/${index}/thinking`;
    const closes = type === 'signature_delta' ? ({ key }: Channel) => key === thinking : closesNothing;
    return { ...plainEvent, pieces, closes };
  }

  private channel(index: number, member: string, type: string): Channel {
    const key = `/content/${index}/${pointerToken(member)}`;
    this.blocks.get(index)?.texts.set(member, key);
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const isJson = member === 'partial_json' || (member === 'text' && this.contentIsJson);
    const channel: Channel = {
      key,
      form: isJson ? 'json' : 'text',
      carry: (text) => ({
        data: { type: 'content_block_delta', index, delta: { type, [member]: text } },
        name: 'content_block_delta',
      }),
    };
    this.channels.set(key, channel);
    return channel;
  }

  private finishMessage(event: JsonObject, whole: Whole): EventPlan {
    const reason = stringOf(objectOf(event.delta).stop_reason);
    if (reason !== undefined) this.finish = whole(reason);
    this.addUsage(readUsage(event.usage));
    return { ...plainEvent, closes: () => reason !== undefined };
  }

  private addUsage(next: TokenUsage | undefined): void {
    const before = this.said.usage;
    const inputTokens = next?.inputTokens ?? before?.inputTokens;
    const outputTokens = next?.outputTokens ?? before?.outputTokens;
    const known = inputTokens !== undefined && outputTokens !== undefined;
    const totalTokens = known ? inputTokens + outputTokens : undefined;
    if (next !== undefined) this.said = { ...this.said, usage: { inputTokens, outputTokens, totalTokens } };
  }
}

import type { Channel, StreamShape, TextForm } from '../answer/shape.ts';
import { type JsonObject, stringOf } from '../json/json.ts';
import type { ChoiceTexts, DeltaChannel } from '../openai-chat/delta.ts';
import { ChoiceStreamReader } from '../openai-chat/stream.ts';
import { completionNames } from './answer.ts';

/** Reading of completion streams: a choice's `text` is a piece of one text. */
export const completionStream: StreamShape = {
  framing: 'sse',
  knownKeys: completionNames,
  open: (contentIsJson) =>
    new ChoiceStreamReader(new CompletionTexts(contentIsJson ? 'json' : 'text'), 'text'),
};

/** Other strings directly in a choice are pieces of a text as well, unless they are words of the protocol. */
const wholeMembers: ReadonlySet<string> = new Set(['finish_reason', 'stop_reason']);

class CompletionTexts implements ChoiceTexts {
  private readonly known = new Map<string, Channel>();

  constructor(private readonly form: TextForm) {}

  find(choice: JsonObject, at: string, index: number): readonly DeltaChannel[] {
    return Object.keys(choice)
      .filter((name) => /^[a-z_]+$/.test(name) && !wholeMembers.has(name) && typeof choice[name] === 'string')
      .map((name) => ({
        pointer: `${at}/${name}`,
        channel: this.channel(index, name),
        path: name,
        text: stringOf(choice[name]) ?? '',
        call: undefined,
      }));
  }

  private channel(index: number, name: string): Channel {
    const key = `/choices/${index}/${name}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const channel: Channel = {
      key,
      form: name === 'text' ? this.form : 'text',
      carry: (text, envelope) => {
        const choice = { index, text: '', [name]: text, logprobs: null, finish_reason: null };
        return { data: { ...envelope, choices: [choice] }, name: undefined };
      },
    };
    this.known.set(key, channel);
    return channel;
  }
}

import type { Carried, Channel, Envelope } from '../answer/shape.ts';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  pointerToken,
  stringOf,
} from '../json/json.ts';

/** A piece of text found in a delta. */
export interface DeltaChannel {
  /** JSON Pointer of the string in the event. */
  readonly pointer: string;
  readonly channel: Channel;
  /** Where in the delta the text stands, with the tool call's own index. */
  readonly path: string;
  readonly text: string;
  /** What a tool call says beside its arguments. */
  readonly call: { readonly id: string | undefined; readonly name: string | undefined } | undefined;
}

const wholeMembers: ReadonlySet<string> = new Set(['role']);
const listedTexts: ReadonlySet<string> = new Set(['content', 'reasoning_details', 'thinking']);

/** Finds the texts of one choice of an event; `at` is the choice's pointer, `index` its own number. */
export interface ChoiceTexts {
  find(choice: JsonObject, at: string, index: number): readonly DeltaChannel[];
}

/** Finds the texts of deltas and keeps one channel for each. */
export class DeltaChannels implements ChoiceTexts {
  private readonly known = new Map<string, Channel>();

  constructor(private readonly contentIsJson: boolean) {}

  /** Texts of one choice. Every string directly in the delta is one, known or not; of those deeper the known ones. */
  find(choice: JsonObject, pointer: string, index: number): readonly DeltaChannel[] {
    const at = `${pointer}/delta`;
    const found: DeltaChannel[] = [];
    const add = (path: string, text: Json | undefined, shape: Shape): void => {
      if (typeof text !== 'string') return;
      const channel = this.channel(index, path, shape);
      found.push({ pointer: `${at}/${path}`, channel, path, text, call: undefined });
    };
    for (const [name, value] of Object.entries(objectOf(choice.delta))) {
      const token = pointerToken(name);
      if (typeof value === 'string' && !wholeMembers.has(name)) {
        const isJson = name === 'content' && this.contentIsJson;
        add(token, value, { form: isJson ? 'json' : 'text', wrap: (text) => ({ [name]: text }) });
      } else if (listedTexts.has(name)) {
        for (const [part, element] of arrayOf(value).entries()) {
          const wrap = (text: string): JsonObject => ({ [name]: [{ ...shortMembers(element), text }] });
          add(`${name}/${part}/text`, objectOf(element).text, { form: 'text', wrap });
        }
      } else if (name === 'tool_calls') this.findTools(arrayOf(value), at, index, found);
      else if (name === 'function_call') found.push(...this.findLegacy(objectOf(value), at, index));
      else if (name === 'audio') {
        const wrap = (text: string): JsonObject => ({ audio: { transcript: text } });
        add('audio/transcript', objectOf(value).transcript, { form: 'text', wrap });
      }
    }
    return found;
  }

  private findTools(calls: readonly Json[], at: string, index: number, found: DeltaChannel[]): void {
    for (const [place, value] of calls.entries()) {
      const call = objectOf(value);
      const called = objectOf(call.function);
      const number = numberOf(call.index) ?? place;
      const path = `tool_calls/${number}`;
      const wrap = (text: string): JsonObject => ({
        tool_calls: [{ index: number, function: { arguments: text } }],
      });
      const channel = this.channel(index, `${path}/function/arguments`, { form: 'json', wrap });
      const pointer = `${at}/tool_calls/${place}/function/arguments`;
      const names = { id: stringOf(call.id), name: stringOf(called.name) };
      found.push({ pointer, channel, path, text: stringOf(called.arguments) ?? '', call: names });
      if (isObject(call.custom)) found.push(this.custom(call.custom, at, index, place, number));
    }
  }

  private custom(custom: JsonObject, at: string, index: number, place: number, number: number): DeltaChannel {
    const wrap = (text: string): JsonObject => ({ tool_calls: [{ index: number, custom: { input: text } }] });
    const path = `tool_calls/${number}/custom/input`;
    const channel = this.channel(index, path, { form: 'text', wrap });
    const pointer = `${at}/tool_calls/${place}/custom/input`;
    return { pointer, channel, path, text: stringOf(custom.input) ?? '', call: undefined };
  }

  private findLegacy(called: JsonObject, at: string, index: number): readonly DeltaChannel[] {
    const wrap = (text: string): JsonObject => ({ function_call: { arguments: text } });
    const channel = this.channel(index, 'function_call/arguments', { form: 'json', wrap });
    const pointer = `${at}/function_call/arguments`;
    const names = { id: undefined, name: stringOf(called.name) };
    const text = stringOf(called.arguments) ?? '';
    return [{ pointer, channel, path: 'function_call', text, call: names }];
  }

  private channel(index: number, path: string, { form, wrap }: Shape): Channel {
    const key = `/choices/${index}/${path}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const carry = (text: string, envelope: Envelope, probabilities: readonly Json[]): Carried => {
      const logprobs = probabilities.length === 0 ? null : { content: [...probabilities], refusal: null };
      const choice = { index, delta: wrap(text), logprobs, finish_reason: null };
      return { data: { ...envelope, choices: [choice] }, name: undefined };
    };
    const channel: Channel = { key, form, carry };
    this.known.set(key, channel);
    return channel;
  }
}

interface Shape {
  readonly form: Channel['form'];
  readonly wrap: (text: string) => JsonObject;
}

/** Type and index of a list element, so that an added event is read like the ones before it. */
function shortMembers(element: Json): JsonObject {
  const { type, index } = objectOf(element);
  const members: JsonObject = {};
  if (typeof type === 'string') members.type = type;
  if (typeof index === 'number') members.index = index;
  return members;
}

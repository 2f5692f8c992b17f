import { isWithin, type Json, pointerToken } from '../json/json.ts';
import type { RequestReading } from './read.ts';
import type { Unreadable } from './shape.ts';

/** A value as a person reads it: every leaf of the body is in exactly one item, whole. */
export interface ViewItem {
  readonly pointer: string;
  /** Path below its group, such as `content/0/text`. */
  readonly name: string;
  readonly form: 'text' | 'json' | 'value' | 'attachment';
  /** The text itself; for `value`, its JSON. */
  readonly text: string;
  /** For an attachment: what it declares itself to be. */
  readonly attachment?: Unreadable;
}

/** A turn with everything in it. */
export interface ViewTurn {
  readonly index: number;
  readonly pointer: string;
  readonly role: string | undefined;
  readonly items: readonly ViewItem[];
}

/** A request as a person decides on it. */
export interface RequestView {
  readonly model: string | undefined;
  readonly stream: boolean;
  /** Everything outside the turns and tools: system text beside the messages, numbers, switches, extensions. */
  readonly parameters: readonly ViewItem[];
  readonly tools: readonly ViewTurn[];
  readonly turns: readonly ViewTurn[];
}

/** A complete readable view of a request; nothing is shortened. `isJsonText` is the protocol's. */
export function viewBody(reading: RequestReading, isJsonText: (pointer: string) => boolean): RequestView {
  const { body, turns } = reading;
  const unreadable = new Map(reading.unreadable.map((find) => [find.pointer, find]));
  const collect = (
    value: Json,
    pointer: string,
    below: string,
    without: readonly string[] = [],
  ): ViewItem[] => {
    const items: ViewItem[] = [];
    walk(value, pointer, (leaf, at) => {
      if (!without.some((place) => isWithin(at, place)))
        items.push(show(leaf, at, below, unreadable, isJsonText));
    });
    return items;
  };
  const listed = turns.slice(1);
  const tools = Array.isArray(body.tools) ? body.tools : [];
  const elsewhere = [...listed.map(({ pointer }) => pointer), ...tools.map((_, index) => `/tools/${index}`)];
  const outside = new Set(elsewhere.map((pointer) => pointer.slice(0, pointer.lastIndexOf('/'))));
  return {
    model: reading.model,
    stream: reading.stream,
    parameters: Object.entries(body).flatMap(([key, value]) => {
      const pointer = `/${pointerToken(key)}`;
      if (elsewhere.includes(pointer)) return [];
      return collect(value, pointer, '', outside.has(pointer) ? elsewhere : []);
    }),
    tools: tools.map((tool, index) => {
      const pointer = `/tools/${index}`;
      return { index, pointer, role: undefined, items: collect(tool, pointer, pointer) };
    }),
    turns: listed.map(({ index, pointer, role }) => {
      return { index, pointer, role, items: collect(valueAt(body, pointer), pointer, pointer) };
    }),
  };
}

function valueAt(body: { [key: string]: Json }, pointer: string): Json {
  const [, name = '', index] = pointer.split('/');
  const held = body[name] ?? null;
  return index !== undefined && Array.isArray(held) ? (held[Number(index)] ?? null) : held;
}

function walk(value: Json, pointer: string, leaf: (value: Json, pointer: string) => void): void {
  const isNumbers =
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number');
  if (typeof value !== 'object' || value === null || isNumbers || Object.keys(value).length === 0) {
    leaf(value, pointer);
    return;
  }
  for (const [key, each] of Object.entries(value)) walk(each, `${pointer}/${pointerToken(key)}`, leaf);
}

function show(
  value: Json,
  pointer: string,
  below: string,
  unreadable: ReadonlyMap<string, Unreadable>,
  isJsonText: (pointer: string) => boolean,
): ViewItem {
  const name = pointer.slice(below.length + 1);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const attachment = unreadable.get(pointer);
  if (attachment !== undefined) return { pointer, name, form: 'attachment', text, attachment };
  const form = typeof value !== 'string' ? 'value' : isJsonText(pointer) ? 'json' : 'text';
  return { pointer, name, form, text };
}

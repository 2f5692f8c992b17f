import type { ContainerAt, JsonDocument, StringAt } from '../json/document.ts';
import { isObject, type Json, type JsonObject, pointerToken, stringOf } from '../json/json.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';
import { fold } from '../json/strict.ts';
import { decodeStrictly } from '../json/utf8.ts';
import type { Route } from '../route.ts';
import { findGenerally } from './find.ts';
import { type Refusal, refuse, refuseFault } from './refusal.ts';
import type { Continuation, RemoteUrl, RequestShape, Required, Unreadable } from './shape.ts';

/** A string of a request, at any depth. */
export interface RequestString extends StringAt {
  /** Index into `turns`. */
  readonly turn: number;
  /** Set for a string inside a JSON text (tool-call arguments): its pointer there. `pointer` is the outer string's. */
  readonly inner?: string;
}

/** A part of a conversation. Turn 0 is everything outside the messages: system text beside them, tools, parameters. */
export interface Turn {
  readonly index: number;
  readonly pointer: string;
  readonly role: string | undefined;
  /** Where it is in `source` (turn 0: 0, 0). */
  readonly start: number;
  readonly end: number;
}

/** What a request says, read once. */
export interface RequestReading {
  readonly kind: 'reading';
  readonly route: Route;
  /** The body as decoded; offsets are UTF-16 code units in it. */
  readonly source: string;
  readonly body: JsonObject;
  readonly document: JsonDocument;
  readonly model: string | undefined;
  readonly stream: boolean;
  /** The client asked to be answered later (OpenAI Responses `background`). */
  readonly background: boolean;
  /** The client asked for an answer that is JSON text. */
  readonly answersJson: boolean;
  readonly continuation: Continuation;
  /** Every string, member names that are not vocabulary included, in document order. */
  readonly strings: readonly RequestString[];
  readonly turns: readonly Turn[];
  readonly unreadable: readonly Unreadable[];
  readonly remoteUrls: readonly RemoteUrl[];
}

/** Reads a request body strictly: what is accepted here is read the same way by every JSON parser. Linear time. */
export function readBody(shape: RequestShape, bytes: Uint8Array, route: Route): RequestReading | Refusal {
  const source = decodeStrictly(bytes);
  if (source === undefined) return refuse('request.invalid_utf8');
  const document = parseJson(source, { strict: true, maxDepth, knownKeys: shape.knownKeys });
  if (isFault(document)) return refuseFault(document);
  const body = document.value;
  if (!isObject(body)) return refuse('request.not_an_object');
  const fault = checkNames(body, '', shape) ?? checkFields(body, shape.requires(route));
  if (fault !== undefined) return fault;
  const turns = findTurns(document, body, shape, route);
  const unreadable: Unreadable[] = [];
  const remoteUrls: RemoteUrl[] = [];
  const finds = {
    unreadable: (find: Unreadable): void => {
      unreadable.push(find);
    },
    remote: (pointer: string, url: string): void => {
      remoteUrls.push({ pointer, url });
    },
  };
  shape.find(body, finds, route);
  findGenerally(document, unreadable, finds);
  return {
    kind: 'reading',
    route,
    source,
    body,
    document,
    model: stringOf(body.model),
    stream: typeof body.stream === 'boolean' ? body.stream : shape.streamsByDefault(route),
    background: shape.isBackground?.(body) ?? false,
    answersJson: shape.answersJson?.(body) ?? false,
    continuation: shape.continuation?.(body) ?? {},
    strings: placeStrings(document.strings, turns, shape),
    turns,
    unreadable,
    remoteUrls,
  };
}

/** Member names that only a case-insensitive parser would take for the protocol's. */
function checkNames(value: Json, pointer: string, shape: RequestShape): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    // Token-id arrays are long and hold no names.
    if (typeof value[0] !== 'object') return undefined;
    for (let i = 0; i < value.length; i += 1) {
      const fault = checkNames(value[i] ?? null, `${pointer}/${i}`, shape);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!shape.knownKeys.has(key) && shape.knownKeys.has(fold(key))) {
      return refuse('request.ambiguous_key', `${pointer}/${pointerToken(key)}`);
    }
    if (shape.freeKeys.has(key)) continue;
    const fault = checkNames(value[key] ?? null, `${pointer}/${pointerToken(key)}`, shape);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkFields(body: JsonObject, required: readonly Required[]): Refusal | undefined {
  const { stream, model } = body;
  if (model !== undefined && (typeof model !== 'string' || model === '')) {
    return refuse('request.invalid_field', '/model');
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return refuse('request.invalid_field', '/stream');
  }
  for (const { name, types } of required) {
    const value = body[name];
    const type = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value;
    if (!types.some((allowed) => allowed === type)) return refuse('request.invalid_field', `/${name}`);
  }
  return undefined;
}

function findTurns(document: JsonDocument, body: JsonObject, shape: RequestShape, route: Route): Turn[] {
  const name = shape.turnsAt(route);
  const at = `/${name}`;
  const turns: Turn[] = [{ index: 0, pointer: '', role: undefined, start: 0, end: 0 }];
  const held = body[name];
  if (held === undefined || held === null) return turns;
  const listed = Array.isArray(held) && held.some((element) => isObject(element));
  for (const { pointer, start, end } of spansOf(document, at, listed)) {
    const element = listed ? (held as Json[])[Number(pointer.slice(at.length + 1))] : held;
    turns.push({ index: turns.length, pointer, role: shape.roleOf(element ?? null), start, end });
  }
  return turns;
}

/** Where the elements of the list at `at` are, or the one value there, in document order. */
function spansOf(document: JsonDocument, at: string, listed: boolean): readonly (StringAt | ContainerAt)[] {
  const spans: (StringAt | ContainerAt)[] = [];
  const depth = listed ? 2 : 1;
  const isTurn = (pointer: string): boolean =>
    listed ? pointer.startsWith(`${at}/`) && !pointer.includes('/', at.length + 1) : pointer === at;
  for (const container of document.containers) {
    if (container.depth === depth && isTurn(container.pointer)) spans.push(container);
  }
  for (const string of document.strings) if (!string.key && isTurn(string.pointer)) spans.push(string);
  return spans.sort((a, b) => a.start - b.start);
}

function placeStrings(
  strings: readonly StringAt[],
  turns: readonly Turn[],
  shape: RequestShape,
): RequestString[] {
  const placed: RequestString[] = [];
  let next = 1;
  for (const string of strings) {
    while (next < turns.length && (turns[next]?.end ?? 0) <= string.start) next += 1;
    const turn = turns[next];
    const index = turn !== undefined && string.start >= turn.start ? next : 0;
    const { pointer, text, start, end, key } = string;
    placed.push({ pointer, text, start, end, key, turn: index });
    if (!string.key && shape.isJsonText(string.pointer)) pushInner(string, index, placed);
  }
  return placed;
}

/** The model's server decodes JSON text before the model reads it, so its strings are shown decoded as well. */
function pushInner(outer: StringAt, turn: number, placed: RequestString[]): void {
  const inner = parseJson(outer.text, { strict: false, maxDepth, knownKeys: new Set() });
  if (isFault(inner)) return;
  for (const { pointer, text, key } of inner.strings) {
    placed.push({
      pointer: outer.pointer,
      inner: pointer,
      text,
      key,
      start: outer.start,
      end: outer.end,
      turn,
    });
  }
}

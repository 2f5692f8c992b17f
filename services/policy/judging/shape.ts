import { createHash } from 'node:crypto';
import { canonicalJson, type RequestContext, type RequestShape } from '#contracts';
import type { Json, RequestReading } from '#protocols';
import { delivery, valueAt } from './conversation.ts';

/**
 * A value in a text: a UUID, a hexadecimal id or a number that stands alone. Words never are, whatever they spell, and
 * digits inside a word or a longer run stay: nothing that reads as an instruction can take a value's place.
 */
const value =
  /(?<![\p{L}\p{N}_])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,40}|[0-9]{1,18})(?![\p{L}\p{N}_])/giu;

/** Members that tie a tool's result to its call; clients make them up anew for each call. */
const references = new Set(['id', 'call_id', 'tool_call_id', 'tool_use_id']);
const reference = /^(?=.*[0-9])[A-Za-z0-9_-]{1,64}$/;

/** What a shape is made of, beside the reading. */
export interface Shaped {
  context: Pick<RequestContext, 'protocol' | 'operation' | 'method' | 'path' | 'headers'>;
  upstreamModel: string | null;
  /** The rules that hold it, by name and content. */
  rules: readonly { name: string; contentDigest: string }[];
  /** The first turn that nobody approved yet. */
  newSince: number;
  /** RFC 6901 pointers of what made the rules match. */
  matched: readonly string[];
}

/**
 * The digests that a grant for "the same shape" compares. Everything counts as it is (model, parameters, system text,
 * tools, every word of every turn, attachments) except values: see `value`. Pure, linear time.
 */
export function shapeOf(reading: RequestReading, shaped: Shaped): RequestShape {
  const { context, upstreamModel, newSince, matched } = shaped;
  const { protocol, operation, method, path, headers } = context;
  const opaque = new Set(reading.unreadable.map(({ pointer }) => pointer));
  const turns = reading.turns.slice(1);
  const member = turns[0]?.pointer.split('/')[1];
  const outside = Object.fromEntries(
    Object.entries(reading.body).filter(([key]) => key !== member && !delivery.has(key)),
  );
  const around = { protocol, operation, method, path, headers, upstreamModel, outside };
  const templates = turns.map(({ pointer }) =>
    withoutValues(valueAt(reading.body, pointer), pointer, opaque),
  );
  const isHeld = (pointer: string): boolean =>
    matched.some((at) => at === pointer || at.startsWith(`${pointer}/`));
  const held = templates.filter(
    (_, i) => (turns[i]?.index ?? 0) >= newSince && isHeld(turns[i]?.pointer ?? ''),
  );
  return {
    template: digest({ around, turns: templates }),
    heldTurns: digest({ around, held }),
    rules: digest([...shaped.rules].sort((a, b) => (a.name < b.name ? -1 : 1))),
  };
}

/** A value of a turn with each text cut at its values, so that no text looks like another one's template. */
function withoutValues(json: Json, pointer: string, opaque: ReadonlySet<string>): unknown {
  if (opaque.has(pointer)) return { opaque: json };
  if (typeof json === 'string') return json.split(value);
  if (Array.isArray(json)) return json.map((each, i) => withoutValues(each, `${pointer}/${i}`, opaque));
  if (typeof json !== 'object' || json === null) return json;
  return Object.entries(json).map(([key, each]) => {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (references.has(key) && typeof each === 'string' && reference.test(each)) return [key, 'reference'];
    return [key, withoutValues(each, at, opaque)];
  });
}

const digest = (what: unknown): string => createHash('sha256').update(canonicalJson(what)).digest('hex');

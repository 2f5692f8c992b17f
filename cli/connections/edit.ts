import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';

type Edit = { kind: 'edited'; text: string } | { kind: 'refused'; why: string };

const usualIndent = 2;

/** Adds a connection to a document's text; everything else, comments too, stays as it is. */
export function addConnection(text: string, name: string, connection: object): Edit {
  const wanted = (all: Record<string, unknown>) => ({ ...all, [name]: connection });
  const map = connectionsOf(text);
  if (map === undefined) {
    const block = stringify({ connections: { [name]: connection } }, { lineWidth: 0 });
    return checked(text, `${text.trimEnd()}\n\n${block}`.trimStart(), wanted);
  }
  if (map.items.some((pair) => nameOf(pair) === name)) {
    return { kind: 'refused', why: `there is a connection ${name} already` };
  }
  const [first, last] = [map.items[0], map.items.at(-1)];
  if (!first || !last || map.flow) return rewritten(text, wanted);
  const indent = startOf(first) - lineStart(text, startOf(first));
  const block = stringify({ [name]: connection }, { lineWidth: 0 }).trimEnd();
  const indented = block.replace(/^/gm, ' '.repeat(indent || usualIndent));
  const at = lineEnd(text, endOf(last));
  return checked(text, `${text.slice(0, at)}\n${indented}${text.slice(at) || '\n'}`, wanted);
}

/** Takes a connection out of a document's text, with the comment right above it. */
export function removeConnection(text: string, name: string): Edit {
  const wanted = ({ [name]: _, ...rest }: Record<string, unknown>) => rest;
  const map = connectionsOf(text);
  const pair = map?.items.find((each) => nameOf(each) === name);
  if (!map || !pair) return { kind: 'refused', why: `there is no connection ${name}` };
  if (map.flow || map.items.length === 1) return rewritten(text, wanted);
  let from = lineStart(text, startOf(pair));
  const first = map.items[0];
  // A comment above the first one may be about them all.
  while (pair !== first && /^\s*#/.test(lineBefore(text, from))) from = lineStart(text, from - 1);
  const to = lineEnd(text, endOf(pair)) + 1;
  return checked(text, text.slice(0, from) + text.slice(to), wanted);
}

/** The lines that differ, with `-` and `+`, and two lines around them. */
export function lineDiff(before: string, after: string): string {
  const [old, made] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < Math.min(old.length, made.length) && old[head] === made[head]) head++;
  let tail = 0;
  const most = Math.min(old.length, made.length) - head;
  while (tail < most && old.at(-1 - tail) === made.at(-1 - tail)) tail++;
  const marked = (lines: string[], sign: string) => lines.map((line) => `${sign} ${line}`.trimEnd());
  return [
    ...marked(old.slice(Math.max(0, head - 2), head), ' '),
    ...marked(old.slice(head, old.length - tail), '-'),
    ...marked(made.slice(head, made.length - tail), '+'),
    ...marked(made.slice(made.length - tail, made.length - tail + 2), ' '),
  ].join('\n');
}

function connectionsOf(text: string): YAMLMap | undefined {
  const node = parseDocument(text).get('connections', true);
  return isMap(node) ? node : undefined;
}

const nameOf = ({ key }: Pair): unknown => (isScalar(key) ? key.value : key);
const startOf = ({ key }: Pair): number => (isScalar(key) ? key.range?.[0] : undefined) ?? 0;
const endOf = (pair: Pair): number =>
  (pair.value as { range?: [number, number, number] } | null)?.range?.[1] ?? startOf(pair);

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
const lineBefore = (text: string, start: number): string =>
  start === 0 ? '' : text.slice(lineStart(text, start - 1), start - 1);

/** The end of the line that a value ends on; a block's value ends at the start of the next line. */
function lineEnd(text: string, at: number): number {
  const last = text[at - 1] === '\n' ? at - 1 : at;
  const end = text.indexOf('\n', last);
  return end === -1 ? text.length : end;
}

type Wanted = (connections: Record<string, unknown>) => Record<string, unknown>;

/** What can't be done in place is written anew; comments stay, white space may change. */
function rewritten(text: string, wanted: Wanted): Edit {
  const document = parseDocument(text);
  const before = (document.toJS() as { connections?: Record<string, unknown> }).connections ?? {};
  document.set('connections', document.createNode(wanted(before)));
  return checked(text, document.toString({ lineWidth: 0 }), wanted);
}

/** The new text has to say exactly what was wanted. */
function checked(text: string, edited: string, wanted: Wanted): Edit {
  const before = (parseDocument(text).toJS() ?? {}) as { connections?: Record<string, unknown> };
  const document = parseDocument(edited);
  const expected = { ...before, connections: wanted(before.connections ?? {}) };
  if (document.errors.length === 0 && isDeepStrictEqual(document.toJS(), expected)) {
    return { kind: 'edited', text: edited };
  }
  return { kind: 'refused', why: 'the document is laid out in a way that can only be edited by hand' };
}

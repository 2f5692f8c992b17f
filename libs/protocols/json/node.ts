import { pointerTokens } from './json.ts';

/** A value in a JSON text: [start, end), and where its member name begins (or the value, in an array). */
export interface Node {
  readonly kind: 'object' | 'array' | 'leaf';
  readonly start: number;
  readonly end: number;
  readonly memberStart: number;
}

/** Finds a value by pointer in a text that is known to be valid JSON. Linear in the text. */
export function findNode(source: string, pointer: string): Node | undefined {
  let at = skipSpace(source, 0);
  let memberStart = at;
  for (const token of pointerTokens(pointer)) {
    const found = enter(source, at, token);
    if (found === undefined) return undefined;
    at = found.valueStart;
    memberStart = found.memberStart;
  }
  const first = source[at];
  const kind = first === '{' ? 'object' : first === '[' ? 'array' : 'leaf';
  return { kind, start: at, end: skipValue(source, at), memberStart };
}

interface Member {
  readonly memberStart: number;
  readonly valueStart: number;
}

function enter(source: string, container: number, token: string): Member | undefined {
  const isObject = source[container] === '{';
  if (!isObject && source[container] !== '[') return undefined;
  let at = skipSpace(source, container + 1);
  for (let index = 0; at < source.length && source[at] !== '}' && source[at] !== ']'; index += 1) {
    const memberStart = at;
    let name = String(index);
    if (isObject) {
      const end = skipString(source, at);
      name = JSON.parse(source.slice(at, end)) as string;
      at = skipSpace(source, skipSpace(source, end) + 1);
    }
    if (name === token) return { memberStart, valueStart: at };
    at = skipSpace(source, skipValue(source, at));
    if (source[at] === ',') at = skipSpace(source, at + 1);
  }
  return undefined;
}

const spaces = /[ \t\r\n]*/y;
const scalar = /[^\s,\]}]*/y;
const mark = /["{}[\]]/g;

function skipSpace(source: string, at: number): number {
  spaces.lastIndex = at;
  return at + (spaces.exec(source)?.[0].length ?? 0);
}

function skipString(source: string, at: number): number {
  for (let i = at + 1; i < source.length; i += 1) {
    const code = source.charCodeAt(i);
    if (code === 0x5c) i += 1;
    else if (code === 0x22) return i + 1;
  }
  return source.length;
}

function skipValue(source: string, at: number): number {
  const first = source[at];
  if (first === '"') return skipString(source, at);
  if (first !== '{' && first !== '[') {
    scalar.lastIndex = at;
    return at + (scalar.exec(source)?.[0].length ?? 0);
  }
  let depth = 0;
  let i = at;
  for (;;) {
    mark.lastIndex = i;
    const match = mark.exec(source);
    if (match === null) return source.length;
    i = match.index;
    if (match[0] === '"') i = skipString(source, i);
    else {
      depth += match[0] === '{' || match[0] === '[' ? 1 : -1;
      i += 1;
      if (depth === 0) return i;
    }
  }
}

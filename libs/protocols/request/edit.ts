import { type Json, pointerToken, pointerTokens } from '../json/json.ts';
import { findNode, type Node } from '../json/node.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';
import { decodeStrictly } from '../json/utf8.ts';

/** A change to a body. Pointers (RFC 6901) speak of the body before any change. */
export type Edit =
  /** Puts a value in place of the one that is there. */
  | { readonly op: 'replace'; readonly pointer: string; readonly value: Json }
  /** Takes a member or element out. */
  | { readonly op: 'remove'; readonly pointer: string }
  /** Adds a member that is not there, or, with a last token `-`, an element at the end of an array. */
  | { readonly op: 'add'; readonly pointer: string; readonly value: Json };

/** Why edits were not applied. */
export type EditFaultCode =
  | 'edit.not_json'
  | 'edit.not_found'
  | 'edit.exists'
  | 'edit.overlap'
  | 'edit.whole_body'
  | 'edit.too_many';

/** New bytes, or the edit at fault. */
export type EditResult =
  | { readonly kind: 'edited'; readonly bytes: Uint8Array }
  | { readonly kind: 'fault'; readonly code: EditFaultCode; readonly pointer: string };

interface Placed {
  readonly edit: Edit;
  readonly order: number;
  readonly start: number;
  readonly end: number;
}

/** Applies edits to a JSON body; everything they don't touch keeps its bytes. All of them, or none. */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): EditResult {
  if (edits.length > mostEdits) return fault('edit.too_many', '');
  const source = decodeStrictly(bytes);
  const parsed = source === undefined ? undefined : parseJson(source, reading);
  if (source === undefined || parsed === undefined || isFault(parsed)) return fault('edit.not_json', '');
  const placed: Placed[] = [];
  for (const [order, edit] of edits.entries()) {
    const place = locate(source, edit);
    if ('code' in place) return place;
    placed.push({ edit, order, ...place });
  }
  // From the end to the start, so that no edit moves the place or the index of a later one.
  placed.sort((a, b) => b.start - a.start || a.order - b.order);
  const overlap = findOverlap(placed);
  if (overlap !== undefined) return fault('edit.overlap', overlap.edit.pointer);
  let text = source;
  for (const { edit } of placed) text = applyOne(text, edit);
  return { kind: 'edited', bytes: Buffer.from(text) };
}

/** Each edit reads the body once. */
const mostEdits = 200;
const reading = { strict: true, maxDepth, knownKeys: new Set<string>() };

function fault(code: EditFaultCode, pointer: string): EditResult & { kind: 'fault' } {
  return { kind: 'fault', code, pointer };
}

function locate(
  source: string,
  edit: Edit,
): { start: number; end: number } | (EditResult & { kind: 'fault' }) {
  if (pointerTokens(edit.pointer).length === 0) return fault('edit.whole_body', edit.pointer);
  const node = findNode(source, edit.pointer);
  if (edit.op !== 'add') return node ?? fault('edit.not_found', edit.pointer);
  if (node !== undefined) return fault('edit.exists', edit.pointer);
  const { parent, last } = split(edit.pointer);
  const container = findNode(source, parent);
  const fits = container?.kind === 'object' || (container?.kind === 'array' && last === '-');
  if (container === undefined || !fits) return fault('edit.not_found', edit.pointer);
  return { start: container.end - 1, end: container.end - 1 };
}

function split(pointer: string): { readonly parent: string; readonly last: string } {
  const tokens = pointerTokens(pointer);
  const last = tokens.at(-1) ?? '';
  return { parent: pointer.slice(0, pointer.length - pointerToken(last).length - 1), last };
}

/** An edit inside, or on the same value as, another one; or a member added twice. */
function findOverlap(placed: readonly Placed[]): Placed | undefined {
  return placed.find((one, index) => placed.some((other, at) => at < index && collide(one, other)));
}

function collide(a: Placed, b: Placed): boolean {
  if (a.edit.op === 'add' && b.edit.op === 'add') {
    return a.edit.pointer === b.edit.pointer && !a.edit.pointer.endsWith('/-');
  }
  return covers(a, b) || covers(b, a);
}

function covers(outer: Placed, inner: Placed): boolean {
  return outer.edit.op !== 'add' && outer.start <= inner.start && inner.start < outer.end;
}

function applyOne(source: string, edit: Edit): string {
  const node = findNode(source, edit.pointer);
  if (edit.op === 'add') return insert(source, edit.pointer, edit.value);
  if (node === undefined) return source;
  if (edit.op === 'replace')
    return source.slice(0, node.start) + JSON.stringify(edit.value) + source.slice(node.end);
  return takeOut(source, node);
}

function insert(source: string, pointer: string, value: Json): string {
  const { parent, last } = split(pointer);
  const container = findNode(source, parent);
  if (container === undefined) return source;
  const member = container.kind === 'object' ? `${JSON.stringify(last)}:` : '';
  const at = container.end - 1;
  const before = source.slice(0, at).trimEnd();
  const comma = before.endsWith('[') || before.endsWith('{') ? '' : ',';
  // Trailing space of the container stays where it is, before the bracket.
  return before + comma + member + JSON.stringify(value) + source.slice(before.length);
}

function takeOut(source: string, node: Node): string {
  const after = /^[ \t\r\n]*,[ \t\r\n]*/.exec(source.slice(node.end));
  if (after !== null) return source.slice(0, node.memberStart) + source.slice(node.end + after[0].length);
  const before = source.slice(0, node.memberStart).trimEnd();
  const kept = before.endsWith(',') ? before.slice(0, -1) : source.slice(0, node.memberStart);
  return kept + source.slice(node.end);
}

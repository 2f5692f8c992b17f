import { contains } from '../automaton/char-set.ts';
import { foldUnit, isZeroWidth } from '../detecting/normalise.ts';
import type { Swallow } from '../detecting/rule.ts';

interface Swallowing {
  readonly rule: Swallow;
  /** Code units that may still be taken. */
  readonly left: number;
}

const END_MARK = '-----END ';
const END_LINE = /^-----END [A-Z0-9 ]{0,60}-----/;
const LONGEST_END_LINE = 80;

/**
 * Where the rest of an open-ended token ends in what has arrived. An armoured block (RFC 7468) goes on to its end
 * line, to a character such a block cannot hold, or to the limit.
 */
export function swallowEnd(
  buffer: string,
  from: number,
  swallowing: Swallowing,
  final: boolean,
): { end: number; done: boolean } {
  const { rule, left } = swallowing;
  const stop = Math.min(buffer.length, from + left);
  let end = from;
  while (end < stop && belongs(rule, buffer.charCodeAt(end))) end++;
  if (rule.kind === 'while') return { end, done: end < buffer.length };
  const mark = findEndLine(buffer, from, end);
  if (mark.lineEnd > 0) return { end: mark.lineEnd, done: true };
  if (final || mark.at < 0) return { end, done: true };
  if (mark.at < end || end === buffer.length) return { end: Math.min(end, mark.at), done: false };
  return { end, done: true };
}

function belongs(rule: Swallow, unit: number): boolean {
  return contains(rule.set, foldUnit(unit)) || isZeroWidth(unit);
}

/** The end of the first end line that starts before `end`; else where one may still start (-1: nowhere). */
function findEndLine(buffer: string, from: number, end: number): { at: number; lineEnd: number } {
  let search = from;
  while (true) {
    const at = buffer.indexOf(END_MARK, search);
    if (at < 0 || at >= end) break;
    const line = END_LINE.exec(buffer.slice(at, at + LONGEST_END_LINE));
    if (line) return { at, lineEnd: at + line[0].length };
    if (buffer.length - at < LONGEST_END_LINE) return { at, lineEnd: 0 };
    search = at + 1;
  }
  if (end < buffer.length) return { at: partialMark(buffer, from, end), lineEnd: 0 };
  return { at: Math.max(from, end - END_MARK.length + 1), lineEnd: 0 };
}

/** Whether the buffer ends within a possible end mark that started before `end`. */
function partialMark(buffer: string, from: number, end: number): number {
  for (let at = Math.max(from, buffer.length - END_MARK.length + 1); at < end; at++) {
    if (END_MARK.startsWith(buffer.slice(at))) return at;
  }
  return -1;
}

import { isWithin } from '../json/json.ts';
import type { JsonDocument } from '../json/parse.ts';
import type { Splice } from '../json/splice.ts';
import type { Tie } from './shape.ts';

/** Splices that null what repeats a text that was masked, or holds a string that was. */
export function findDropped(
  document: JsonDocument,
  ties: readonly Tie[],
  changed: readonly string[],
): Splice[] {
  const dropped = ties.filter(({ drop, texts }) =>
    changed.some((pointer) => isWithin(pointer, texts) || isWithin(pointer, drop)),
  );
  if (dropped.length === 0) return [];
  const pointers = new Set(dropped.map(({ drop }) => drop));
  return document.containers
    .filter(({ pointer }) => pointers.has(pointer))
    .map(({ start, end }) => ({ start, end, text: 'null' }));
}

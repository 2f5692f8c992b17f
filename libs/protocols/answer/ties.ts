import type { JsonDocument } from '../json/document.ts';
import { isWithin } from '../json/json.ts';
import type { Splice } from '../json/splice.ts';
import type { Tie } from './shape.ts';

/** Splices that empty what repeats a text that was masked, or holds a string that was. */
export function findDropped(
  document: JsonDocument,
  ties: readonly Tie[],
  changed: readonly string[],
): Splice[] {
  const dropped = new Map<string, string>();
  for (const { drop, texts, empty, always } of ties) {
    const isTouched = changed.some((pointer) => isWithin(pointer, texts) || isWithin(pointer, drop));
    if (always === true || isTouched) dropped.set(drop, empty ?? 'null');
  }
  if (dropped.size === 0) return [];
  const splices: Splice[] = [];
  for (const { pointer, start, end } of document.containers) {
    const empty = dropped.get(pointer);
    if (empty !== undefined) splices.push({ start, end, text: empty });
  }
  return splices;
}

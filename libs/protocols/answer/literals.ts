import type { JsonDocument, StringAt } from '../json/document.ts';
import type { Splice } from '../json/splice.ts';

/** Literals to be written anew, and the pointers of what changed. */
interface MaskedLiterals {
  readonly splices: Splice[];
  readonly changed: string[];
}

/**
 * Masks every string of a document with `mask`; objects and arrays that are JSON the model wrote go through
 * `maskJson` as a whole.
 */
export function maskLiterals(
  document: JsonDocument,
  mask: (string: StringAt) => string,
  isWrittenJson: ((pointer: string) => boolean) | undefined,
  maskJson: (pointer: string, source: string) => string,
): MaskedLiterals {
  const splices: Splice[] = [];
  const changed: string[] = [];
  const written =
    isWrittenJson === undefined ? [] : document.containers.filter((c) => isWrittenJson(c.pointer));
  for (const { pointer, start, end } of written) {
    const source = document.source.slice(start, end);
    const masked = maskJson(pointer, source);
    if (masked === source) continue;
    changed.push(pointer);
    splices.push({ start, end, text: masked });
  }
  for (const string of document.strings) {
    const { start, end, text } = string;
    if (written.some((container) => start > container.start && end < container.end)) continue;
    const masked = mask(string);
    if (masked === text) continue;
    changed.push(string.pointer);
    splices.push({ start, end, text: JSON.stringify(masked) });
  }
  return { splices, changed };
}

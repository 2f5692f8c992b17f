/** A piece of a text to be replaced: [start, end) in UTF-16 code units. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The source with its splices applied. They must not overlap; those inside another one are left out. */
export function splice(source: string, splices: readonly Splice[]): string {
  if (splices.length === 0) return source;
  const ordered = [...splices].sort((a, b) => a.start - b.start || b.end - a.end);
  let result = '';
  let at = 0;
  for (const { start, end, text } of ordered) {
    if (start < at) continue;
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}

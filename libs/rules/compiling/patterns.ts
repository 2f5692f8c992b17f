import { RE2JS } from 're2js';

/** A pattern that runs in linear time whatever the text. */
export interface LinearPattern {
  readonly source: string;
  test(text: string): boolean;
  /** Spans of matches in order, at most `limit`. */
  find(text: string, limit: number): { readonly start: number; readonly end: number }[];
}

/** Programs above this size are refused: `(a{1000}){1000}` is one. */
const largestProgram = 20_000;

/** Compiles RE2 syntax. Throws RangeError with the reason where it isn't that. */
export function compilePattern(source: string): LinearPattern {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : 'not a pattern');
  }
  if (compiled.programSize() > largestProgram) throw new RangeError('the pattern is too large');
  return {
    source,
    test: (text) => compiled.test(text),
    find: (text, limit) => {
      const spans: { start: number; end: number }[] = [];
      const matcher = compiled.matcher(text);
      while (spans.length < limit && matcher.find())
        spans.push({ start: matcher.start(), end: matcher.end() });
      return spans;
    },
  };
}

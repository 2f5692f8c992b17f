import { foldedWords } from '../folding/folded-words.ts';
import { leetClass } from '../folding/leet.ts';

/** A keyword as the automaton knows it: its folded letters without what is between them. */
export interface KeywordPattern {
  readonly id: number;
  /** Folded code units. */
  readonly letters: Uint16Array;
  /** Indexes of letters that begin a further word of the keyword. */
  readonly wordStarts: readonly number[];
  /** A spelling other than the keyword's own that stands for it. */
  readonly variant: 'reversed' | 'rot13' | undefined;
  /** The keyword itself is written in ASCII, so that anything else in a hit is a trick. */
  readonly ascii: boolean;
}

/**
 * An Aho-Corasick automaton with every transition filled in: one table look-up a letter, however many keywords.
 * A letter above ASCII is two symbols (its high and its low byte), which keeps the table narrow.
 */
export interface KeywordAutomaton {
  readonly width: number;
  /** Next state × width, by state × width + symbol. */
  readonly next: Int32Array;
  /** Per state (unscaled): index into `endings` of the first keyword that ends here, or -1. */
  readonly ending: Int32Array;
  readonly endings: readonly { readonly pattern: KeywordPattern; readonly following: number }[];
  readonly asciiSymbol: Uint16Array;
  readonly highSymbol: Uint16Array;
  readonly lowSymbol: Uint16Array;
}

/** Keywords whose tables would exceed this many cells are refused. */
export const automatonCellLimit = 24_000_000;
const longestKeywordLetters = 240;
const variantMinimumLetters = 6;

function symbolTables(patterns: readonly KeywordPattern[]) {
  const tables = { ascii: new Uint16Array(128), high: new Uint16Array(256), low: new Uint16Array(256) };
  let used = 0;
  const claim = (table: Uint16Array, index: number) => {
    if (table[index] === 0) table[index] = ++used;
  };
  for (const { letters } of patterns) {
    for (const unit of letters) {
      if (unit < 128) claim(tables.ascii, leetClass(unit));
      else {
        claim(tables.high, unit >> 8);
        claim(tables.low, unit & 255);
      }
    }
  }
  for (let unit = 0; unit < 128; unit++) tables.ascii[unit] = tables.ascii[leetClass(unit)]!;
  return { ...tables, width: used + 1 };
}

/** The patterns of one keyword: itself, and for longer ones reversed and in ROT13. */
export function keywordPatterns(id: number, keyword: string): KeywordPattern[] {
  const words = foldedWords(keyword);
  const text = words.join('');
  if (text === '' || text.length > longestKeywordLetters) return [];
  const ascii = /^[\0-\x7f]*$/.test(keyword);
  const plain = patternOf(id, words, undefined, ascii);
  if (text.length < variantMinimumLetters || !/^[a-z]+$/.test(text)) return [plain];
  const reversed = [...words].reverse().map((word) => [...word].reverse().join(''));
  const rotated = words.map((word) =>
    word.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97)),
  );
  const variants = [patternOf(id, rotated, 'rot13', ascii)];
  if (reversed.join('') !== text) variants.push(patternOf(id, reversed, 'reversed', ascii));
  return [plain, ...variants];
}

function patternOf(
  id: number,
  words: readonly string[],
  variant: KeywordPattern['variant'],
  ascii: boolean,
): KeywordPattern {
  const wordStarts: number[] = [];
  let length = 0;
  for (const word of words) {
    if (length > 0) wordStarts.push(length);
    length += word.length;
  }
  const text = words.join('');
  const letters = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return { id, letters, wordStarts, variant, ascii };
}

/** Builds the automaton. Throws RangeError where the keywords together are too many. */
export function buildAutomaton(patterns: readonly KeywordPattern[]): KeywordAutomaton {
  const { ascii, high, low, width } = symbolTables(patterns);
  let symbols = 1;
  for (const { letters } of patterns) for (const unit of letters) symbols += unit < 128 ? 1 : 2;
  if (symbols * width > automatonCellLimit) throw new RangeError('too many keywords for one automaton');
  const trie = new Int32Array(symbols * width);
  const ending = new Int32Array(symbols).fill(-1);
  const endings: { pattern: KeywordPattern; following: number }[] = [];
  let states = 1;
  const step = (state: number, symbol: number) => {
    const cell = state * width + symbol;
    if (trie[cell] === 0) trie[cell] = states++;
    return trie[cell]!;
  };
  for (const pattern of patterns) {
    let state = 0;
    for (const unit of pattern.letters) {
      if (unit < 128) state = step(state, ascii[unit]!);
      else state = step(step(state, high[unit >> 8]!), low[unit & 255]!);
    }
    endings.push({ pattern, following: ending[state]! });
    ending[state] = endings.length - 1;
  }
  const next = fillTransitions(trie.subarray(0, states * width), width, ending, endings);
  return { width, next, ending, endings, asciiSymbol: ascii, highSymbol: high, lowSymbol: low };
}

/** Breadth-first: a missing transition is that of the longest proper suffix; endings of suffixes are chained. */
function fillTransitions(
  trie: Int32Array,
  width: number,
  ending: Int32Array,
  endings: { pattern: KeywordPattern; following: number }[],
): Int32Array {
  const states = trie.length / width;
  const next = new Int32Array(trie.length);
  const suffix = new Int32Array(states);
  const queue = new Int32Array(states);
  let tail = 1;
  for (let head = 0; head < tail; head++) {
    const state = queue[head]!;
    if (state !== 0) chainEndings(state, suffix[state]!, ending, endings);
    for (let symbol = 0; symbol < width; symbol++) {
      const child = trie[state * width + symbol]!;
      const viaSuffix = state === 0 ? 0 : next[suffix[state]! * width + symbol]! / width;
      if (child === 0) next[state * width + symbol] = viaSuffix * width;
      else {
        suffix[child] = viaSuffix;
        next[state * width + symbol] = child * width;
        queue[tail++] = child;
      }
    }
  }
  return next;
}

function chainEndings(
  state: number,
  suffix: number,
  ending: Int32Array,
  endings: { pattern: KeywordPattern; following: number }[],
): void {
  if (ending[state] === -1) {
    ending[state] = ending[suffix]!;
    return;
  }
  let last = ending[state]!;
  for (let at = last; at !== -1; at = endings[at]!.following) last = at;
  endings[last] = { ...endings[last]!, following: ending[suffix]! };
}

import type { RuleMatch, TextSegment } from '#contracts';

/** Characters that change a text without being seen: controls, bidi marks, zero-width, tags, fillers, separators. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{fff9}-\u{fffb}]/u;
const unseenRuns = new RegExp(`(${unseen.source})\\1*`, 'gu');

const names: Readonly<Record<number, string>> = {
  0: 'NULL',
  8: 'BACKSPACE',
  13: 'CARRIAGE RETURN',
  27: 'ESCAPE',
  127: 'DELETE',
  173: 'SOFT HYPHEN',
  847: 'COMBINING GRAPHEME JOINER',
  1564: 'ARABIC LETTER MARK',
  6158: 'MONGOLIAN VOWEL SEPARATOR',
  8203: 'ZERO WIDTH SPACE',
  8204: 'ZERO WIDTH NON-JOINER',
  8205: 'ZERO WIDTH JOINER',
  8206: 'LEFT-TO-RIGHT MARK',
  8207: 'RIGHT-TO-LEFT MARK',
  8232: 'LINE SEPARATOR',
  8233: 'PARAGRAPH SEPARATOR',
  8234: 'LEFT-TO-RIGHT EMBEDDING',
  8235: 'RIGHT-TO-LEFT EMBEDDING',
  8236: 'POP DIRECTIONAL FORMATTING',
  8237: 'LEFT-TO-RIGHT OVERRIDE',
  8238: 'RIGHT-TO-LEFT OVERRIDE',
  8288: 'WORD JOINER',
  8290: 'INVISIBLE TIMES',
  8291: 'INVISIBLE SEPARATOR',
  8292: 'INVISIBLE PLUS',
  8294: 'LEFT-TO-RIGHT ISOLATE',
  8295: 'RIGHT-TO-LEFT ISOLATE',
  8296: 'FIRST STRONG ISOLATE',
  8297: 'POP DIRECTIONAL ISOLATE',
  12644: 'HANGUL FILLER',
  65039: 'VARIATION SELECTOR-16',
  65279: 'ZERO WIDTH NO-BREAK SPACE',
  65440: 'HALFWIDTH HANGUL FILLER',
};

/** How an invisible character is shown, e.g. `U+200B ZERO WIDTH SPACE`. */
export function nameOfUnseen(codePoint: number): string {
  const number = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = names[codePoint];
  if (name !== undefined) return `${number} ${name}`;
  // Tags mirror ASCII: text hidden in them is read out.
  if (codePoint >= 0xe0020 && codePoint <= 0xe007e) {
    return `${number} TAG ${String.fromCodePoint(codePoint - 0xe0000)}`;
  }
  return number;
}

type Span = Pick<RuleMatch, 'start' | 'end' | 'rule'>;

/**
 * Cuts a text into pieces at matches and invisible characters. The pieces' texts, joined, are the text: nothing is
 * left out. A run of one invisible character is one piece.
 */
export function segmentsOf(text: string, matches: readonly Span[]): TextSegment[] {
  if (text === '') return [];
  const segments: TextSegment[] = [];
  let at = 0;
  for (const cut of cutsOf(text, matches)) {
    const rules = rulesAt(matches, at, cut);
    pushVisible(segments, text.slice(at, cut), rules);
    at = cut;
  }
  return segments;
}

/** Ends of pieces with the same rules, in order, the text's end last. */
function cutsOf(text: string, matches: readonly Span[]): number[] {
  const cuts = new Set<number>([text.length]);
  for (const { start, end } of matches) {
    if (start > 0 && start < text.length) cuts.add(start);
    if (end > 0 && end < text.length) cuts.add(end);
  }
  return [...cuts].sort((a, b) => a - b);
}

function rulesAt(matches: readonly Span[], start: number, end: number): string[] {
  return [...new Set(matches.filter((span) => span.start < end && span.end > start).map(({ rule }) => rule))];
}

function pushVisible(segments: TextSegment[], text: string, rules: string[]): void {
  const marked = rules.length > 0 ? { rules } : {};
  let at = 0;
  for (const match of text.matchAll(unseenRuns)) {
    if (match.index > at) segments.push({ text: text.slice(at, match.index), ...marked });
    const [run, one = run] = match;
    const count = run.length / one.length;
    const name = nameOfUnseen(one.codePointAt(0) ?? 0);
    segments.push({ text: run, ...marked, invisible: count > 1 ? `${name} ×${count}` : name });
    at = match.index + run.length;
  }
  if (at < text.length) segments.push({ text: text.slice(at), ...marked });
}

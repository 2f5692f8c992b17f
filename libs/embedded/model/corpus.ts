/** One subject of the corpus: the question words that lead to it, and its text. */
export interface Passage {
  readonly keywords: readonly string[];
  readonly text: string;
}

/** Reads the corpus: `#` comments, `> words` heads, then text up to an empty line. */
export function parseCorpus(source: string): Passage[] {
  const passages: Passage[] = [];
  for (const block of source.split(/\n\s*\n/)) {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const [head, ...text] = lines;
    if (head === undefined) continue;
    if (!head.startsWith('>') || text.length === 0)
      throw new Error(`corpus: no head or no text near "${head}"`);
    passages.push({ keywords: head.slice(1).trim().split(/\s+/), text: text.join(' ') });
  }
  return passages;
}

/** How a blank is written inside a token (SentencePiece's sign). */
export const BLANK = '▁';

/** Splits text into the model's pieces: words with their leading blank, digits, single signs; long words in parts. */
export function pieces(text: string): string[] {
  const found = ` ${text.trim()}`.match(/ ?[A-Za-z]+| ?[0-9]+| ?[^A-Za-z0-9 ]/g) ?? [];
  return found.map((piece) => piece.replace(' ', BLANK));
}

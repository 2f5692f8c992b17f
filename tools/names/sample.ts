/** A piece of training text: plain (0), a name (1–4 as in `spanTypes`), or a value that a pattern finds (`found`). */
export interface Piece {
  readonly text: string;
  readonly type: 0 | 1 | 2 | 3 | 4 | 'found';
}

export interface Sample {
  readonly pieces: readonly Piece[];
}

export const plain = (text: string): Piece => ({ text, type: 0 });
export const textOf = (sample: Sample): string => sample.pieces.map((piece) => piece.text).join('');

/** Where names stand. Pieces of one type that touch are one name. */
export function spansOf(sample: Sample): Array<{ start: number; end: number; type: number }> {
  const spans: Array<{ start: number; end: number; type: number }> = [];
  let at = 0;
  for (const { text, type } of sample.pieces) {
    if (typeof type === 'number' && type > 0 && text !== '')
      spans.push({ start: at, end: at + text.length, type });
    at += text.length;
  }
  return spans;
}

export function mapText(sample: Sample, change: (text: string, piece: Piece) => string): Sample {
  return { pieces: sample.pieces.map((piece) => ({ ...piece, text: change(piece.text, piece) })) };
}

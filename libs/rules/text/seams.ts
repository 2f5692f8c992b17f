import type { RequestText } from '../deciding/decision.ts';

/** Neighbouring parts of one list read as the model reads them: without anything in between. */
export interface Seam {
  readonly text: string;
  readonly turn: number;
  /** The parts that a span of the joined text touches. */
  place(start: number, end: number): { pointer: string; start: number; end: number }[];
}

/** Of a longer part only this much at each end can be part of a word that goes on in its neighbour. */
const edgeUnits = 512;
const breakUnits = '\n\n';

interface Piece {
  readonly pointer: string;
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

const listPart = /^(.*)\/([0-9]{1,9})((?:\/[A-Za-z_]+)?)$/;

/** Texts that stand in one list beside each other (`/messages/0/content/0/text`, `…/1/text`) joined. */
export function seamsOf(texts: readonly RequestText[]): Seam[] {
  if (texts.length < 2) return [];
  const lists = new Map<string, RequestText[]>();
  for (const text of texts) {
    const parsed = listPart.exec(text.pointer);
    if (parsed === null || text.text === '') continue;
    const key = `${parsed[1]} ${parsed[3]} ${text.turn}`;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [text]);
    else list.push(text);
  }
  const seams: Seam[] = [];
  for (const parts of lists.values()) if (parts.length > 1) seams.push(join(parts));
  return seams;
}

function join(parts: readonly RequestText[]): Seam {
  let text = '';
  const pieces: Piece[] = [];
  const add = (pointer: string, source: string, from: number) => {
    pieces.push({ pointer, at: text.length, from, length: source.length });
    text += source;
  };
  for (const part of parts) {
    if (part.text.length <= 2 * edgeUnits) add(part.pointer, part.text, 0);
    else {
      add(part.pointer, part.text.slice(0, edgeUnits), 0);
      text += breakUnits;
      const tail = part.text.length - edgeUnits;
      add(part.pointer, part.text.slice(tail), tail);
    }
  }
  return { text, turn: parts[0]!.turn, place: (start, end) => touched(pieces, start, end) };
}

function touched(pieces: readonly Piece[], start: number, end: number) {
  return pieces
    .filter(({ at, length }) => at < end && at + length > start)
    .map(({ pointer, at, from, length }) => ({
      pointer,
      start: from + Math.max(0, start - at),
      end: from + Math.min(length, end - at),
    }));
}

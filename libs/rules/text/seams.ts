import type { RequestText } from '../deciding/decision.ts';

/** Neighbouring parts of one list read as the model reads them: without anything in between. */
export interface Seam {
  readonly text: string;
  readonly turn: number;
  /** Looked at for words alone: nobody reads two messages as one, but somebody can write a word in two. */
  readonly onlyWords: boolean;
  /** The parts that a span of the joined text touches. */
  place(start: number, end: number): { pointer: string; start: number; end: number }[];
}

/** Of a longer part only this much at each end can be part of a word that goes on in its neighbour. */
const edgeUnits = 512;
/** Of a message, what can be part of a word that goes on in the next one. */
const messageEdgeUnits = 32;
const breakUnits = '\n\n';

interface Piece {
  readonly pointer: string;
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

const listPart = /^(.*)\/([0-9]{1,9})((?:\/[A-Za-z_]+)?)$/;

/** A word spelled out over messages or members comes in pieces of so many code units, and at least so many of them. */
const shortUnits = 3;
const fewestShort = 4;

/**
 * Texts that are read together, joined: what stands in one list beside each other (`/messages/0/content/0/text`,
 * `…/1/text`), and single letters over several lists, messages, or members of an object.
 */
export function seamsOf(texts: readonly RequestText[]): Seam[] {
  if (texts.length < 2) return [];
  const lists = new Lists();
  const messages = new Lists();
  const spelled = new Lists();
  for (const text of texts) {
    if (text.text === '') continue;
    const parsed = listPart.exec(text.pointer);
    const list = parsed === null ? undefined : `${parsed[1]} ${parsed[3]} ${text.turn}`;
    if (list !== undefined) lists.add(list, text, list);
    if (parsed?.[3]) messages.add(`${parsed[1]} ${parsed[3]}`, text, list);
    if (text.text.length > shortUnits) continue;
    spelled.add(text.pointer.replace(anyIndex, '/*'), text, list);
    if (list === undefined || parsed?.[3] !== '') spelled.add(parentOf(text.pointer), text, list);
  }
  return [
    ...lists.all().flatMap(({ parts }) => (parts.length > 1 ? [join(parts, edgeUnits)] : [])),
    ...messages
      .all()
      .flatMap(({ parts, owners }) =>
        owners.size > 1 ? [{ ...join(parts, messageEdgeUnits), onlyWords: true }] : [],
      ),
    ...spelled.all().flatMap(({ parts, owners }) => {
      return parts.length >= fewestShort && (owners.size > 1 || owners.has(undefined))
        ? [join(parts, edgeUnits)]
        : [];
    }),
  ];
}

const anyIndex = /\/[0-9]{1,9}(?=\/|$)/g;

function parentOf(pointer: string): string {
  return `${pointer.slice(0, pointer.lastIndexOf('/'))}/`;
}

/** Texts by what they belong to, with the lists that they are joined in already. */
class Lists {
  readonly #groups = new Map<string, { parts: RequestText[]; owners: Set<string | undefined> }>();

  add(key: string, text: RequestText, owner: string | undefined): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { parts: [text], owners: new Set([owner]) });
    else {
      group.parts.push(text);
      group.owners.add(owner);
    }
  }

  all() {
    return [...this.#groups.values()];
  }
}

function join(parts: readonly RequestText[], edgeUnits: number): Seam {
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
  const turn = parts.reduce((last, part) => Math.max(last, part.turn), 0);
  return { text, turn, onlyWords: false, place: (start, end) => touched(pieces, start, end) };
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

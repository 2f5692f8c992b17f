import { type CharSet, MAX_CODE_UNIT } from './char-set.ts';

/** Code units that no set tells apart share one class, so a table row has about a hundred entries instead of 65,536. */
export interface Alphabet {
  readonly size: number;
  /** By code unit. */
  readonly classOf: Uint16Array;
  /** By set index: 1 for each class inside the set. */
  readonly members: readonly Uint8Array[];
}

/** `folded` names the code units that count as others (see normalise.ts). */
export function buildAlphabet(sets: readonly CharSet[], folded: ReadonlyMap<number, number>): Alphabet {
  const cuts = cutsOf(sets);
  const { classes, size } = classesOf(sets, cuts);
  const classOf = new Uint16Array(MAX_CODE_UNIT + 1);
  cuts.forEach((cut, piece) => {
    classOf.fill(classes[piece]!, cut, cuts[piece + 1] ?? MAX_CODE_UNIT + 1);
  });
  const pieceOf = pieceLookup(cuts);
  const members = sets.map((set) => {
    const inside = new Uint8Array(size + 1);
    eachPiece(set, pieceOf, (piece) => {
      inside[classes[piece]!] = 1;
    });
    return inside;
  });
  const classOfFolded = classOf.slice();
  for (const [unit, other] of folded) classOfFolded[unit] = classOf[other]!;
  return { size, classOf: classOfFolded, members };
}

/** Where some set begins or ends: no set tells apart what lies between two cuts, a piece. */
function cutsOf(sets: readonly CharSet[]): number[] {
  const cuts = new Set([0]);
  for (const set of sets) for (let k = 0; k < set.length; k++) cuts.add(k % 2 === 0 ? set[k]! : set[k]! + 1);
  cuts.delete(MAX_CODE_UNIT + 1);
  return [...cuts].sort((a, b) => a - b);
}

/** The piece that begins at a cut; at the end of all code units, the number of pieces. */
function pieceLookup(cuts: readonly number[]): (cut: number) => number {
  const pieces = new Map(cuts.map((cut, piece) => [cut, piece]));
  return (cut) => pieces.get(cut) ?? cuts.length;
}

function eachPiece(set: CharSet, pieceOf: (cut: number) => number, visit: (piece: number) => void): void {
  for (let k = 0; k < set.length; k += 2) {
    const end = pieceOf(set[k + 1]! + 1);
    for (let piece = pieceOf(set[k]!); piece < end; piece++) visit(piece);
  }
}

/** The class of each piece: one set after another splits those it holds in part. Numbered in order of appearance. */
function classesOf(sets: readonly CharSet[], cuts: readonly number[]): { classes: number[]; size: number } {
  const pieceOf = pieceLookup(cuts);
  const names = new Int32Array(cuts.length);
  let next = 1;
  for (const set of sets) {
    const renamed = new Map<number, number>();
    eachPiece(set, pieceOf, (piece) => {
      const old = names[piece]!;
      const known = renamed.get(old);
      names[piece] = known ?? next;
      if (known === undefined) renamed.set(old, next++);
    });
  }
  const numbers = new Map<number, number>();
  const classes = Array.from(names, (name) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  });
  return { classes, size: numbers.size };
}

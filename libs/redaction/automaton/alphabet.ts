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
  const { classOf, representatives } = partition(sets);
  const classOfFolded = classOf.slice();
  for (const [unit, other] of folded) classOfFolded[unit] = classOf[other]!;
  const order = representatives.map((unit, id) => [unit, id] as const).sort((a, b) => a[0] - b[0]);
  const members = sets.map((set) => {
    const row = new Uint8Array(representatives.length + 1);
    let k = 0;
    for (const [unit, id] of order) {
      while (k < set.length && set[k + 1]! < unit) k += 2;
      if (k < set.length && unit >= set[k]!) row[id] = 1;
    }
    return row;
  });
  return { size: representatives.length, classOf: classOfFolded, members };
}

function partition(sets: readonly CharSet[]): { classOf: Uint16Array; representatives: number[] } {
  const toggles = new Map<number, number[]>();
  sets.forEach((set, id) => {
    for (let k = 0; k < set.length; k += 2) {
      toggle(toggles, set[k]!, id);
      toggle(toggles, set[k + 1]! + 1, id);
    }
  });
  const cuts = [...toggles.keys()].filter((cut) => cut <= MAX_CODE_UNIT).sort((a, b) => a - b);
  if (cuts[0] !== 0) cuts.unshift(0);
  // One bit for each set that holds the present character.
  let inside = 0n;
  const ids = new Map<bigint, number>();
  const representatives: number[] = [];
  const classOf = new Uint16Array(MAX_CODE_UNIT + 1);
  cuts.forEach((cut, k) => {
    for (const id of toggles.get(cut) ?? []) inside ^= 1n << BigInt(id);
    let id = ids.get(inside);
    if (id === undefined) {
      id = representatives.length;
      ids.set(inside, id);
      representatives.push(cut);
    }
    classOf.fill(id, cut, cuts[k + 1] ?? MAX_CODE_UNIT + 1);
  });
  return { classOf, representatives };
}

function toggle(toggles: Map<number, number[]>, at: number, id: number): void {
  const list = toggles.get(at);
  if (list) list.push(id);
  else toggles.set(at, [id]);
}

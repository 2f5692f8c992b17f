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
  const { classOf, holders } = partition(sets);
  const classOfFolded = classOf.slice();
  for (const [unit, other] of folded) classOfFolded[unit] = classOf[other]!;
  const members = sets.map(() => new Uint8Array(holders.length + 1));
  holders.forEach((ids, cls) => {
    for (const id of ids) members[id]![cls] = 1;
  });
  return { size: holders.length, classOf: classOfFolded, members };
}

/** The class of each code unit, and for each class the sets that hold it. */
function partition(sets: readonly CharSet[]): { classOf: Uint16Array; holders: number[][] } {
  const toggles = new Map<number, number[]>();
  sets.forEach((set, id) => {
    for (let k = 0; k < set.length; k += 2) {
      toggle(toggles, set[k]!, id);
      toggle(toggles, set[k + 1]! + 1, id);
    }
  });
  const cuts = [...toggles.keys()].filter((cut) => cut <= MAX_CODE_UNIT).sort((a, b) => a - b);
  if (cuts[0] !== 0) cuts.unshift(0);
  // The sets that hold the present character, in the order of their indices.
  let inside: number[] = [];
  const ids = new Map<string, number>();
  const holders: number[][] = [];
  const classOf = new Uint16Array(MAX_CODE_UNIT + 1);
  cuts.forEach((cut, k) => {
    inside = exclusive(inside, toggles.get(cut) ?? []);
    const key = inside.join();
    let id = ids.get(key);
    if (id === undefined) {
      id = holders.length;
      ids.set(key, id);
      holders.push(inside);
    }
    classOf.fill(id, cut, cuts[k + 1] ?? MAX_CODE_UNIT + 1);
  });
  return { classOf, holders };
}

/** Those in one of two sorted lists and not in both; what is twice in the second stays as it was. */
function exclusive(present: readonly number[], toggled: readonly number[]): number[] {
  const result = new Set(present);
  for (const id of toggled) if (!result.delete(id)) result.add(id);
  return [...result].sort((a, b) => a - b);
}

function toggle(toggles: Map<number, number[]>, at: number, id: number): void {
  const list = toggles.get(at);
  if (list) list.push(id);
  else toggles.set(at, [id]);
}

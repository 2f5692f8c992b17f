import { packInts, unpackInts } from '../automaton/packed-ints.ts';
import type { DetectorTables, PackedTables } from './tables.ts';

const NONE = -1;
const CODE_UNITS = 0x1_0000;

export function packTables(tables: DetectorTables): Omit<PackedTables, 'fingerprint'> {
  const { positions, alphabet, leftIds, rightIds } = tables;
  const ids = [...leftIds, ...rightIds].map((id) => id ?? NONE);
  const lists: ReadonlyArray<ArrayLike<number>> = [
    positions.setOf,
    positions.followAt,
    positions.follow,
    positions.acceptOf,
    positions.first.flatMap((list) => [list.length, ...list]),
    alphabet.classOf,
    alphabet.members.flatMap((inside) => [...inside]),
    ids,
  ];
  return {
    alphabetSize: alphabet.size,
    lengths: lists.map((list) => list.length),
    lists: lists.map((list) => Buffer.from(packInts(list)).toString('base64')),
  };
}

export function unpackTables({ alphabetSize, lengths, lists }: PackedTables): DetectorTables {
  const [setOf, followAt, follow, acceptOf, first, classOf, members, ids] = lists.map((list, k) =>
    unpackInts(Buffer.from(list, 'base64'), lengths[k]!),
  ) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  if (classOf.length !== CODE_UNITS) throw new RangeError('these are no tables');
  const rules = ids.length / 2;
  const sides = Array.from(ids, (id) => (id === NONE ? undefined : id));
  const width = alphabetSize + 1;
  const inside = Uint8Array.from(members);
  return {
    positions: { setOf, followAt, follow, acceptOf, first: listsIn(first) },
    alphabet: {
      size: alphabetSize,
      classOf: Uint16Array.from(classOf),
      members: Array.from({ length: inside.length / width }, (_, k) =>
        inside.subarray(k * width, (k + 1) * width),
      ),
    },
    leftIds: sides.slice(0, rules),
    rightIds: sides.slice(rules),
  };
}

/** Lists that stand one after another, each after its length. */
function listsIn(flat: Int32Array): number[][] {
  const lists: number[][] = [];
  for (let at = 0; at < flat.length; ) {
    const end = at + 1 + flat[at]!;
    lists.push([...flat.subarray(at + 1, end)]);
    at = end;
  }
  return lists;
}

import { emptyRoot } from './hashing.ts';
import { coverRange, foldRight, type NodeReader } from './nodes.ts';

type LeafRange = readonly [from: number, to: number];

/** The widest complete subtree strictly narrower than a tree of `size` leaves. */
function split(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}

/** The subtrees whose roots form PATH(index, D[size]), nearest sibling first (RFC 6962, section 2.1.1). */
function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  return ranges.reverse();
}

/** The subtrees whose roots form PROOF(oldSize, D[newSize]) (RFC 6962, section 2.1.2). */
function consistencyRanges(oldSize: number, newSize: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = newSize;
  while (oldSize !== to) {
    const middle = from + split(to - from);
    if (oldSize <= middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  if (from > 0) ranges.push([from, to]);
  return ranges.reverse();
}

async function readRanges(ranges: readonly LeafRange[], readNodes: NodeReader): Promise<Uint8Array[]> {
  const covers = ranges.map(([from, to]) => coverRange(from, to));
  const hashes = await readNodes(covers.flat());
  let at = 0;
  return covers.map((cover) => {
    const part = hashes.slice(at, at + cover.length);
    at += cover.length;
    return foldRight(part);
  });
}

function checkSize(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`ledger: ${value} is no tree size`);
}

/** The root of the tree's first `size` leaves (RFC 6962, section 2.1), from stored nodes. */
export async function rootAt(size: number, readNodes: NodeReader): Promise<Uint8Array> {
  checkSize(size);
  if (size === 0) return emptyRoot;
  return foldRight(await readNodes(coverRange(0, size)));
}

/**
 * Proves that leaf `index` is in the tree of `size` leaves (RFC 6962, section 2.1.1).
 * Throws `RangeError` where the tree has no such leaf.
 */
export async function inclusionProof(
  index: number,
  size: number,
  readNodes: NodeReader,
): Promise<Uint8Array[]> {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`ledger: no leaf ${index} in a tree of ${size}`);
  }
  return readRanges(inclusionRanges(index, size), readNodes);
}

/**
 * Proves that the tree of `newSize` leaves starts with the tree of `oldSize` (RFC 6962, section 2.1.2); empty
 * where there is nothing to prove (equal sizes, or nothing before). Throws `RangeError` where `oldSize` is larger.
 */
export async function consistencyProof(
  oldSize: number,
  newSize: number,
  readNodes: NodeReader,
): Promise<Uint8Array[]> {
  checkSize(oldSize);
  checkSize(newSize);
  if (oldSize > newSize) throw new RangeError(`ledger: a tree of ${newSize} has no earlier size ${oldSize}`);
  if (oldSize === 0 || oldSize === newSize) return [];
  return readRanges(consistencyRanges(oldSize, newSize), readNodes);
}

import { emptyRoot, hashBytes, nodeHash, sameHash } from './hashing.ts';

/** What an inclusion proof claims: this leaf hash stands at `index` in the tree of `size` leaves with this root. */
export interface InclusionClaim {
  index: number;
  size: number;
  leaf: Uint8Array;
  root: Uint8Array;
}

/** What a consistency proof claims: the tree of `newSize` leaves starts with the tree of `oldSize`. */
export interface ConsistencyClaim {
  oldSize: number;
  oldRoot: Uint8Array;
  newSize: number;
  newRoot: Uint8Array;
}

const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const areHashes = (hashes: readonly Uint8Array[]) => hashes.every((hash) => hash.length === hashBytes);

/** Checks an inclusion proof (RFC 9162, section 2.1.3.2). Never throws: what cannot be right is false. */
export function verifyInclusion(claim: InclusionClaim, proof: readonly Uint8Array[]): boolean {
  const { index, size, leaf, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (!areHashes([leaf, root, ...proof])) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && sameHash(hash, root);
}

/** Checks a consistency proof (RFC 9162, section 2.1.4.2). Never throws: what cannot be right is false. */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { oldSize, oldRoot, newSize, newRoot } = claim;
  if (!isCount(oldSize) || !isCount(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && sameHash(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && sameHash(oldRoot, emptyRoot);
  return foldConsistency(claim, proof);
}

function foldConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  let node = claim.oldSize - 1;
  let last = claim.newSize - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  // An old tree that is one complete subtree is its own first proof element.
  const [seed, ...rest] = node === 0 ? [claim.oldRoot, ...proof] : proof;
  if (seed === undefined) return false;
  let oldHash = seed;
  let newHash = seed;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && sameHash(oldHash, claim.oldRoot) && sameHash(newHash, claim.newRoot);
}

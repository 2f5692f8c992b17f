import { emptyRoot, hashBytes, nodeHash, writeNodeHash } from './hashing.ts';
import type { NodeRun } from './nodes.ts';

const sizeBytes = 8;

/**
 * The right edge of a growing RFC 6962 tree: the roots of its complete subtrees, one for each bit of its size.
 * It is all a writer needs to append, and 8 + 32·log2(n) bytes when encoded.
 */
export class CompactRange {
  #size = 0;
  /** By level; set exactly where that bit of the size is set. */
  readonly #edge: (Uint8Array | undefined)[] = [];

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Appends one leaf hash. */
  append(leaf: Uint8Array): void {
    this.appendSubtree(0, leaf);
  }

  /** Appends a complete subtree of `2^level` leaves by its root. Throws `RangeError` where it is not aligned. */
  appendSubtree(level: number, root: Uint8Array): void {
    const width = 2 ** level;
    if (root.length !== hashBytes) throw new RangeError('ledger: a hash has 32 bytes');
    if (!Number.isInteger(level) || level < 0 || !Number.isSafeInteger(this.#size + width)) {
      throw new RangeError(`ledger: no subtree of level ${level} fits`);
    }
    if (this.#size % width !== 0)
      throw new RangeError(`ledger: level ${level} does not start at ${this.#size}`);
    let carry = root;
    let at = level;
    for (let left = this.#edge[at]; left !== undefined; left = this.#edge[at]) {
      carry = nodeHash(left, carry);
      this.#edge[at] = undefined;
      at += 1;
    }
    this.#edge[at] = carry;
    this.#size += width;
  }

  /**
   * Appends leaf hashes (32 bytes each, one after another) and returns every node that became complete, one run
   * per level: what a writer stores with the batch. A batch of k leaves makes about log2(k) runs.
   */
  appendAll(leaves: Uint8Array): NodeRun[] {
    const count = leaves.length / hashBytes;
    if (!Number.isInteger(count)) throw new RangeError('ledger: leaf hashes have 32 bytes each');
    if (count === 0) return [];
    const runs: NodeRun[] = [{ level: 0, firstIndex: this.#size, hashes: leaves }];
    for (let level = 0, run = runs[0]; run !== undefined; level += 1) {
      run = this.#pairUp(level, run);
      if (run !== undefined) runs.push(run);
    }
    this.#size += count;
    return runs;
  }

  /** Joins the nodes of a level in pairs; an odd last one stays on the edge. */
  #pairUp(level: number, run: NodeRun): NodeRun | undefined {
    const waiting = this.#edge[level];
    const nodes = waiting === undefined ? run.hashes : Buffer.concat([waiting, run.hashes]);
    const first = waiting === undefined ? run.firstIndex : run.firstIndex - 1;
    const pairs = Math.floor(nodes.length / hashBytes / 2);
    const used = pairs * 2 * hashBytes;
    this.#edge[level] = used < nodes.length ? Buffer.from(nodes.subarray(used)) : undefined;
    if (pairs === 0) return undefined;
    const parents = Buffer.allocUnsafe(pairs * hashBytes);
    for (let i = 0; i < pairs; i += 1) {
      const at = i * 2 * hashBytes;
      writeNodeHash(parents, i * hashBytes, nodes.subarray(at, at + 2 * hashBytes));
    }
    return { level: level + 1, firstIndex: first / 2, hashes: parents };
  }

  /** The tree's root at the present size (RFC 6962, section 2.1). */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const left of this.#edge) {
      if (left !== undefined) root = root === undefined ? left : nodeHash(left, root);
    }
    return root ?? emptyRoot;
  }

  /** The state as bytes: u64be size, then the edge's hashes from the widest subtree to the narrowest. */
  encode(): Buffer {
    const hashes = this.#edge.filter((hash) => hash !== undefined).reverse();
    const size = Buffer.alloc(sizeBytes);
    size.writeBigUInt64BE(BigInt(this.#size));
    return Buffer.concat([size, ...hashes]);
  }

  /** Reads what `encode` wrote. Throws `RangeError` where the bytes are no compact range. */
  static decode(bytes: Uint8Array): CompactRange {
    const buffer = Buffer.from(bytes);
    if (buffer.length < sizeBytes) throw new RangeError('ledger: a compact range starts with its size');
    const size = Number(buffer.readBigUInt64BE(0));
    const range = new CompactRange();
    let at = sizeBytes;
    for (let level = 52; level >= 0 && Number.isSafeInteger(size); level -= 1) {
      if (Math.floor(size / 2 ** level) % 2 === 0) continue;
      if (at + hashBytes > buffer.length) break;
      range.appendSubtree(level, buffer.subarray(at, at + hashBytes));
      at += hashBytes;
    }
    if (range.size !== size || at !== buffer.length) throw new RangeError('ledger: not a compact range');
    return range;
  }
}

import { hashBytes, nodeHash } from './hashing.ts';

/** One complete subtree: `level` 0 is a leaf; it covers the leaves `[index * 2^level, (index + 1) * 2^level)`. */
export interface NodeRef {
  level: number;
  index: number;
}

/** Neighbouring complete nodes of one level, their hashes one after another. Never changes once written. */
export interface NodeRun {
  level: number;
  firstIndex: number;
  hashes: Uint8Array;
}

/** Reads the hashes of complete nodes, in the order asked: one query answers one proof. */
export type NodeReader = (refs: readonly NodeRef[]) => Promise<readonly Uint8Array[]> | readonly Uint8Array[];

/** The fewest complete subtrees that cover the leaves `[from, to)`, left to right. */
export function coverRange(from: number, to: number): NodeRef[] {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
    throw new RangeError(`ledger: [${from}, ${to}) is no range of leaves`);
  }
  const refs: NodeRef[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    let width = 1;
    while (start % (width * 2) === 0 && start + width * 2 <= to) {
      width *= 2;
      level += 1;
    }
    refs.push({ level, index: start / width });
    start += width;
  }
  return refs;
}

/** The hash over neighbouring subtrees of falling height (a range that starts at a multiple of its first width). */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  let folded: Uint8Array | undefined;
  for (let i = hashes.length - 1; i >= 0; i -= 1) {
    const hash = hashes[i] as Uint8Array;
    folded = folded === undefined ? hash : nodeHash(hash, folded);
  }
  if (folded === undefined) throw new RangeError('ledger: nothing to fold');
  return folded;
}

/** Reads nodes from runs held in memory, as `CompactRange.appendAll` returned them. */
export function readRuns(runs: readonly NodeRun[]): NodeReader {
  const levels = new Map<number, NodeRun[]>();
  for (const run of runs) {
    const level = levels.get(run.level);
    if (level === undefined) levels.set(run.level, [run]);
    else level.push(run);
  }
  for (const level of levels.values()) level.sort((a, b) => a.firstIndex - b.firstIndex);
  return (refs) => refs.map((ref) => readNode(levels.get(ref.level) ?? [], ref));
}

function readNode(runs: readonly NodeRun[], ref: NodeRef): Uint8Array {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle] as NodeRun).firstIndex <= ref.index) low = middle + 1;
    else high = middle;
  }
  const run = runs[low - 1];
  const offset = run === undefined ? -1 : (ref.index - run.firstIndex) * hashBytes;
  if (run === undefined || offset + hashBytes > run.hashes.length) {
    throw new RangeError(`ledger: no node ${ref.index} at level ${ref.level}`);
  }
  return run.hashes.subarray(offset, offset + hashBytes);
}

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange } from './compact-range.ts';
import { emptyRoot, leafHash } from './hashing.ts';
import { coverRange, type NodeReader, type NodeRun, readRuns } from './nodes.ts';
import { consistencyProof, inclusionProof, rootAt } from './proofs.ts';
import { verifyConsistency, verifyInclusion } from './verify-proofs.ts';

const runs = process.env.LONG === '1' ? 2000 : 100;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The eight leaves and roots of the Certificate Transparency reference tests. */
const referenceLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => Buffer.from(text, 'hex'));
const referenceRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const referenceInclusion: [index: number, size: number, proof: string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
];

/** RFC 6962's definitions, word for word, as the model to compare with. */
const model = {
  sha: (...parts: Uint8Array[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest(),
  split(size: number): number {
    let k = 1;
    while (k * 2 < size) k *= 2;
    return k;
  },
  root(entries: Buffer[]): Buffer {
    if (entries.length === 0) return model.sha();
    if (entries.length === 1) return model.sha(Buffer.of(0), entries[0] as Buffer);
    const k = model.split(entries.length);
    return model.sha(Buffer.of(1), model.root(entries.slice(0, k)), model.root(entries.slice(k)));
  },
  path(index: number, entries: Buffer[]): Buffer[] {
    if (entries.length === 1) return [];
    const k = model.split(entries.length);
    return index < k
      ? [...model.path(index, entries.slice(0, k)), model.root(entries.slice(k))]
      : [...model.path(index - k, entries.slice(k)), model.root(entries.slice(0, k))];
  },
  subproof(old: number, entries: Buffer[], whole: boolean): Buffer[] {
    if (old === entries.length) return whole ? [] : [model.root(entries)];
    const k = model.split(entries.length);
    return old <= k
      ? [...model.subproof(old, entries.slice(0, k), whole), model.root(entries.slice(k))]
      : [...model.subproof(old - k, entries.slice(k), false), model.root(entries.slice(0, k))];
  },
};

function entriesOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`));
}

/** Appends in batches of the given sizes (the last repeats) and returns the stored nodes. */
function grow(
  entries: Buffer[],
  batches: number[],
): { range: CompactRange; reader: NodeReader; stored: NodeRun[] } {
  let range = new CompactRange();
  const stored: NodeRun[] = [];
  for (let at = 0, turn = 0; at < entries.length; turn += 1) {
    const size = Math.max(1, batches[Math.min(turn, batches.length - 1)] ?? 1);
    stored.push(...range.appendAll(Buffer.concat(entries.slice(at, at + size).map(leafHash))));
    range = CompactRange.decode(range.encode());
    at += size;
  }
  return { range, reader: readRuns(stored), stored };
}

describe('the tree', () => {
  test('gives the roots of the Certificate Transparency reference', () => {
    const range = new CompactRange();
    expect(hex(range.root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const roots = referenceLeaves.map((leaf) => {
      range.append(leafHash(leaf));
      return hex(range.root());
    });
    expect(roots).toEqual(referenceRoots);
  });

  test('gives the inclusion proofs of the Certificate Transparency reference', async () => {
    const { reader } = grow(referenceLeaves, [3, 1]);
    for (const [index, size, proof] of referenceInclusion) {
      expect((await inclusionProof(index, size, reader)).map(hex)).toEqual(proof);
    }
  });

  test('gives the roots and proofs that RFC 6962 defines, at every size, however it was appended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        fc.nat(),
        fc.nat(),
        async (count, batches, a, b) => {
          const entries = entriesOf(count);
          const { range, reader } = grow(entries, batches);
          const size = 1 + (a % count);
          const index = b % size;
          const old = 1 + (b % size);
          expect(hex(range.root())).toBe(hex(model.root(entries)));
          expect(hex(await rootAt(size, reader))).toBe(hex(model.root(entries.slice(0, size))));
          expect((await inclusionProof(index, size, reader)).map(hex)).toEqual(
            model.path(index, entries.slice(0, size)).map(hex),
          );
          expect((await consistencyProof(old, size, reader)).map(hex)).toEqual(
            model.subproof(old, entries.slice(0, size), true).map(hex),
          );
        },
      ),
      { numRuns: runs },
    );
  });

  test('stores every complete node once, in about log2(batch) rows', () => {
    const { stored } = grow(entriesOf(1000), [300, 200]);
    const keys = stored.flatMap((run) =>
      Array.from({ length: run.hashes.length / 32 }, (_, i) => `${run.level}/${run.firstIndex + i}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
    // 1000 leaves hold 500 + 250 + 125 + 62 + 31 + 15 + 7 + 3 + 1 complete nodes above them.
    expect(keys.length).toBe(1994);
    expect(stored.length).toBeLessThanOrEqual(5 * 10);
  });

  test('can skip ranges of leaves by their subtrees and still reach the same root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (count, a, b) => {
        const entries = entriesOf(count);
        const { reader, range } = grow(entries, [64]);
        const from = a % count;
        const to = from + (b % (count - from + 1));
        const skipping = new CompactRange();
        for (const entry of entries.slice(0, from)) skipping.append(leafHash(entry));
        const cover = coverRange(from, to);
        const hashes = reader(cover) as Uint8Array[];
        cover.forEach((ref, i) => {
          skipping.appendSubtree(ref.level, hashes[i] as Uint8Array);
        });
        for (const entry of entries.slice(to)) skipping.append(leafHash(entry));
        expect(hex(skipping.root())).toBe(hex(range.root()));
      }),
      { numRuns: runs },
    );
  });

  test('refuses a state that is cut, padded or claims a size it has no hashes for', () => {
    const { range } = grow(entriesOf(11), [11]);
    const state = range.encode();
    expect(CompactRange.decode(state).size).toBe(11);
    expect(() => CompactRange.decode(state.subarray(0, 7))).toThrow(RangeError);
    expect(() => CompactRange.decode(state.subarray(0, state.length - 1))).toThrow(RangeError);
    expect(() => CompactRange.decode(Buffer.concat([state, Buffer.alloc(32)]))).toThrow(RangeError);
    expect(() => CompactRange.decode(Buffer.alloc(8, 0xff))).toThrow(RangeError);
  });

  test('answers for no leaf and no size that it does not have', async () => {
    const { reader } = grow(entriesOf(5), [5]);
    await expect(inclusionProof(5, 5, reader)).rejects.toThrow(RangeError);
    await expect(inclusionProof(0, 9, reader)).rejects.toThrow(RangeError);
    await expect(consistencyProof(6, 5, reader)).rejects.toThrow(RangeError);
    await expect(rootAt(1.5, reader)).rejects.toThrow(RangeError);
    expect(await rootAt(0, reader)).toEqual(emptyRoot);
  });
});

const forging = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  size: fc.nat(),
  pick: fc.nat(),
  bit: fc.nat(),
  at: fc.nat(),
  how: fc.constantFrom('flip', 'drop', 'repeat', 'swap', 'extend', 'claim'),
});

/** A proof that differs from the given one; `undefined` where this way of forging changes nothing. */
function forge(proof: Uint8Array[], how: string, at: number, bit: number): Uint8Array[] | undefined {
  const copy = proof.map((hash) => Buffer.from(hash));
  const i = copy.length === 0 ? 0 : at % copy.length;
  const target = copy[i];
  if (how === 'extend') return [...copy, Buffer.alloc(32, bit)];
  if (target === undefined) return undefined;
  if (how === 'flip') target[(bit >> 3) % 32] = (target[(bit >> 3) % 32] as number) ^ (1 << (bit & 7));
  else if (how === 'drop') copy.splice(i, 1);
  else if (how === 'repeat') copy.splice(i, 0, target);
  else copy.reverse();
  return copy.length === proof.length && copy.every((hash, n) => hash.equals(proof[n] as Buffer))
    ? undefined
    : copy;
}

describe('the proof verifier', () => {
  test('accepts what the tree proves', async () => {
    const entries = entriesOf(40);
    const { reader } = grow(entries, [7]);
    for (let size = 1; size <= 40; size += 1) {
      const root = await rootAt(size, reader);
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(index, size, reader);
        expect(verifyInclusion({ index, size, leaf: leafHash(entries[index] as Buffer), root }, proof)).toBe(
          true,
        );
        const claim = { oldSize: index, oldRoot: await rootAt(index, reader), newSize: size, newRoot: root };
        expect(verifyConsistency(claim, await consistencyProof(index, size, reader))).toBe(true);
      }
    }
  });

  test('never accepts a forged inclusion proof', async () => {
    await fc.assert(
      fc.asyncProperty(forging, async ({ count, size: s, pick, bit, at, how }) => {
        const entries = entriesOf(count);
        const { reader } = grow(entries, [count]);
        const size = 1 + (s % count);
        const index = pick % size;
        const root = await rootAt(size, reader);
        const proof = await inclusionProof(index, size, reader);
        const leaf = leafHash(entries[index] as Buffer);
        const other = leafHash(Buffer.from('another entry'));
        const wrong = (index + 1 + (at % Math.max(1, size - 1))) % size;
        if (wrong !== index) expect(verifyInclusion({ index: wrong, size, leaf, root }, proof)).toBe(false);
        expect(verifyInclusion({ index, size, leaf: other, root }, proof)).toBe(false);
        const forged = forge(proof, how, at, bit);
        if (forged !== undefined) expect(verifyInclusion({ index, size, leaf, root }, forged)).toBe(false);
      }),
      { numRuns: runs },
    );
  });

  test('never accepts a forged consistency proof', async () => {
    await fc.assert(
      fc.asyncProperty(forging, async ({ count, size: s, pick, bit, at, how }) => {
        const entries = entriesOf(count);
        const { reader } = grow(entries, [count]);
        const newSize = 1 + (s % count);
        const oldSize = 1 + (pick % newSize);
        const fork = grow([...entries.slice(0, pick % oldSize), Buffer.from('other')], [1]);
        const claim = {
          oldSize,
          oldRoot: await rootAt(oldSize, reader),
          newSize,
          newRoot: await rootAt(newSize, reader),
        };
        const proof = await consistencyProof(oldSize, newSize, reader);
        expect(verifyConsistency({ ...claim, oldRoot: fork.range.root() }, proof)).toBe(false);
        expect(verifyConsistency({ ...claim, newRoot: fork.range.root() }, proof)).toBe(false);
        const forged = forge(proof, how, at, bit);
        if (forged !== undefined) expect(verifyConsistency(claim, forged)).toBe(false);
      }),
      { numRuns: runs },
    );
  });

  test('never accepts random proofs, and never throws on nonsense', () => {
    const anyHash = fc.uint8Array({ minLength: 30, maxLength: 34 });
    const anySize = fc.oneof(fc.nat(40), fc.double(), fc.constant(2 ** 53), fc.constant(-1));
    fc.assert(
      fc.property(
        anySize,
        anySize,
        anyHash,
        anyHash,
        fc.array(anyHash, { maxLength: 8 }),
        (a, b, x, y, p) => {
          fc.pre(hex(x) !== hex(y));
          expect(verifyInclusion({ index: a, size: b, leaf: x, root: y }, p)).toBe(false);
          if (a !== 0)
            expect(verifyConsistency({ oldSize: a, newSize: b, oldRoot: x, newRoot: y }, p)).toBe(false);
        },
      ),
      { numRuns: runs * 5 },
    );
  });

  test('works past 32-bit sizes', () => {
    const range = new CompactRange();
    const subtree = leafHash(Buffer.from('subtree'));
    range.appendSubtree(40, subtree);
    const leaf = leafHash(Buffer.from('last'));
    range.append(leaf);
    const claim = { index: 2 ** 40, size: 2 ** 40 + 1, leaf, root: range.root() };
    expect(verifyInclusion(claim, [subtree])).toBe(true);
    expect(verifyInclusion({ ...claim, index: 2 ** 40 - 1 }, [subtree])).toBe(false);
  });
});

import { expect, test } from '@jest/globals';
import { noteSignerFromSeed, signCheckpoint } from '#ledger';
import { keysOf, signersOf } from './evidence-keys.ts';

const signers = [1, 2, 3].map((n) => noteSignerFromSeed('log', Buffer.alloc(32, n)));
const keys = signers.map(({ publicKey }) => ({ key: publicKey, since: 1, handover: null }));
const note = (...by: number[]): string =>
  signCheckpoint(
    { origin: 'log', size: 1, root: Buffer.alloc(32) },
    by.map((n) => signers[n]!),
  );

test('a bundle names every key that signed in it, and those that lead to the newest', () => {
  const named = (...notes: string[]) => keysOf(keys, new Set(notes.flatMap(signersOf)));
  expect(named(note(2))).toEqual(keys.slice(2));
  expect(named(note(1, 0), note(2))).toEqual(keys);
  expect(named(note(1), note(1, 2))).toEqual(keys.slice(1));
  expect(named()).toEqual(keys);
});

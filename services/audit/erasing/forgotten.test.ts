import { hash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import type { Fact } from '../entries/facts.ts';
import { Forgotten } from './forgotten.ts';

const people = 100_000;
const keys = Array.from({ length: 2 * people }, (_, n) => hash('sha256', `person ${n}`).slice(0, 32));
/** A request that was made then, by a person. */
const factOf = (subjectKey: string, atMs: number): Fact => ({
  ...{ index: 1, log: 1, sequence: 1, atMs, subject: 's', name: 'request.completed' },
  requestId: `req-${atMs.toString(16).padStart(12, '0')}${'0'.repeat(20)}`,
  head: { subjectKey, conversation: 'c', outcome: 'answered' },
  owners: new Map(),
});

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const sorted = keys.slice(0, people).sort();
const places = new Map(sorted.map((key, place) => [key, place]));
/** The table `erasure`, as it is asked for by pages. */
const table = {
  query: async (_: string, [after]: unknown[]) => {
    const from = after === '' ? 0 : (places.get(String(after)) ?? people) + 1;
    return sorted.slice(from, from + 5000).map((key) => ({ subject_key: key, done_at: '1000' }));
  },
};

test('100,000 erased people take less than 8 MB, and each is known, by what they asked before', async () => {
  const before = heapBytes();
  const forgotten = new Forgotten();
  await forgotten.load(table);
  expect(heapBytes() - before).toBeLessThan(8_000_000);
  const wrong = keys.filter((key, n) => {
    const [before, after] = [forgotten.erasedIn(factOf(key, 1000)), forgotten.erasedIn(factOf(key, 1001))];
    return before !== (n < people ? key : undefined) || after !== undefined;
  });
  expect(wrong).toEqual([]);
});

test('what still happens to what they asked before says nothing of them; erased again, they are forgotten again', () => {
  const forgotten = new Forgotten();
  expect(forgotten.erasedIn(factOf('key-1', 5))).toBeUndefined();
  forgotten.add('key-1', 10);
  expect(forgotten.without(factOf('key-1', 10)).head).toEqual({ outcome: 'answered', context: {} });
  expect(forgotten.without(factOf('key-1', 11)).head).toMatchObject({ subjectKey: 'key-1' });
  expect(forgotten.without(factOf('key-2', 1)).head).toMatchObject({ subjectKey: 'key-2' });
  forgotten.add('key-1', 20);
  expect(forgotten.erasedIn(factOf('key-1', 15))).toBe('key-1');
  expect(forgotten.erasedIn({ ...factOf('key-1', 15), requestId: null })).toBeUndefined();
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packInts, unpackInts } from '../automaton/packed-ints.ts';
import { packDefaultTables } from '../compile.ts';
import { DEFAULT_TABLES } from '../packs/default-tables.ts';
import { rulesOf } from '../packs/index.ts';
import { buildTables } from './detector.ts';
import { packTables, unpackTables } from './packed-tables.ts';
import { fingerprintOf, preparedTables } from './prepared.ts';

test('packed integers come out as they went in', () => {
  const ints = fc.array(fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.constant(7)), { maxLength: 80 });
  fc.assert(
    fc.property(ints, (list) => {
      expect([...unpackInts(packInts(list), list.length)]).toEqual(list);
    }),
  );
});

test('packed tables come out as they went in', () => {
  const tables = buildTables(rulesOf(['us', 'web', 'gb'], []));
  expect(unpackTables({ fingerprint: '', ...packTables(tables) })).toEqual(tables);
});

test('the shipped tables are those that compiling the default packs gives', () => {
  expect(DEFAULT_TABLES).toEqual(packDefaultTables());
});

test('shipped tables are not taken for rules that differ in a boundary or in letter case', () => {
  const rules = rulesOf(['core', 'secrets'], []);
  const last = rules.at(-1)!;
  const changed = [
    { ...last, ignoreCase: true },
    { ...last, right: [0x30, 0x39] },
    { ...last, pattern: `${String(last.pattern)}x` },
  ];
  const prints = [last, ...changed].map((rule) => fingerprintOf([...rules.slice(0, -1), rule]));
  expect(new Set(prints).size).toBe(4);
  expect(preparedTables(rules.slice(1))).toBeUndefined();
});

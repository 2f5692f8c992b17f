import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BlockListEntry, FrozenEntry } from '#contracts';
import { acceptBlockList, type HeldBlocks } from './accept-block-list.ts';

const group = (value: string): FrozenEntry => ({ target: 'group', value, at: 1 });
const list = (changedAt: number, builtOn: number, ...groups: string[]): BlockListEntry => ({
  ...{ changedAt, builtOn, frozen: groups.map(group), revokedKeys: [] },
});
const revoking = (of: BlockListEntry, ...ids: string[]): BlockListEntry => ({
  ...of,
  revokedKeys: ids.map((id) => ({ id, until: 1000 })),
});

/** What is held after these lists, one after another, and what became of the last one. */
function after(...lists: BlockListEntry[]): { kind: string; names: string[]; held: HeldBlocks | undefined } {
  let held: HeldBlocks | undefined;
  let kind = 'none';
  for (const each of lists) {
    const accepted = acceptBlockList(held, each);
    kind = accepted.kind;
    if (accepted.kind !== 'earlier') held = accepted.held;
  }
  return { kind, names: [...(held?.frozen.keys() ?? []), ...(held?.revoked.keys() ?? [])].sort(), held };
}

describe('a list of what is blocked', () => {
  test.each<[string, BlockListEntry[], string, string[]]>([
    ['is taken where there is no other', [list(5, 0, 'a')], 'taken', ['group:a']],
    ['takes away what the one it was made from had', [list(5, 0, 'a'), list(6, 5)], 'taken', []],
    ['that was missed in between changes nothing of that', [list(5, 0, 'a'), list(9, 8)], 'taken', []],
    ['says nothing new when it is heard again', [list(5, 0, 'a'), list(5, 0, 'a')], 'taken', ['group:a']],
    ['of before is refused', [list(5, 0), list(6, 5, 'a'), list(5, 0)], 'earlier', ['group:a']],
    [
      'that was made from an earlier one adds, and takes nothing away',
      [list(5, 0), list(6, 5, 'a'), list(7, 5, 'b')],
      'merged',
      ['group:a', 'group:b'],
    ],
    [
      'that was made from such a one takes nothing away either',
      [list(5, 0), list(6, 5, 'a'), list(7, 5, 'b'), list(8, 7, 'b')],
      'merged',
      ['group:a', 'group:b'],
    ],
    [
      'that holds everything of both is whole again, and the next may take away',
      [list(5, 0), list(6, 5, 'a'), list(7, 5, 'b'), list(8, 7, 'a', 'b'), list(9, 8, 'b')],
      'taken',
      ['group:b'],
    ],
    [
      'made by who could not compare it adds at once',
      [list(6, 5, 'a'), list(7, 0, 'a', 'b')],
      'taken',
      ['group:a', 'group:b'],
    ],
    ['keeps revoked keys in the same way', [revoking(list(5, 0), 'key-1'), list(6, 0)], 'merged', ['key-1']],
  ])('%s', (_, lists, kind, names) => {
    expect(after(...lists)).toMatchObject({ kind, names });
  });
});

test('nothing that is frozen goes by any lists of before, in any order', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const histories = fc.array(fc.array(name, { maxLength: 3 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(histories, fc.array(fc.nat(6), { maxLength: 12 }), (history, replayed) => {
      const lists = history.map((names, n) => list(n + 1, n, ...new Set(names)));
      const last = lists.at(-1) as BlockListEntry;
      const earlier = replayed.flatMap((n) => lists[n % lists.length] ?? []);
      expect(after(...lists, ...earlier).names).toEqual(after(last).names);
    }),
  );
});

test('what builds on a list of before takes nothing away from who has the last one, however long that goes on', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
  fc.assert(
    fc.property(names, fc.array(names, { minLength: 1, maxLength: 6 }), (frozen, wrong) => {
      const known = list(100, 99, ...frozen);
      const others = wrong.map((each, n) => list(200 + n, n === 0 ? 50 : 199 + n, ...each));
      // Until one of them holds all of it: then whoever made it knew.
      const first = others.findIndex(({ frozen: has }) =>
        frozen.every((a) => has.some((b) => b.value === a)),
      );
      const ignorant = first === -1 ? others : others.slice(0, first);
      expect(after(known, ...ignorant).names).toEqual(
        expect.arrayContaining(frozen.map((a) => `group:${a}`)),
      );
    }),
  );
});

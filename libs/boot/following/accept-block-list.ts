import type { BlockListEntry, FrozenEntry } from '#contracts';

/** What is blocked as far as a process knows. */
export interface HeldBlocks {
  /** Of the latest list that was taken. */
  readonly changedAt: number;
  /** By target and value. */
  readonly frozen: ReadonlyMap<string, FrozenEntry>;
  /** Until when, by the id of a gateway key. */
  readonly revoked: ReadonlyMap<string, number>;
  /** It holds more than the latest list, which was not made from the one before. */
  readonly isMerged: boolean;
}

/** What became of a list that policy signed. `merged`: it adds to what is held, and takes nothing away. */
export type AcceptedList =
  | { readonly kind: 'taken' | 'merged'; readonly held: HeldBlocks }
  | { readonly kind: 'earlier' };

/** Names what an entry freezes. */
export function frozenName({ target, value }: Pick<FrozenEntry, 'target' | 'value'>): string {
  return `${target}:${value}`;
}

/** What a list says, for somebody who has no other. */
export function blocksOf({ changedAt, frozen, revokedKeys }: BlockListEntry): HeldBlocks {
  return {
    changedAt,
    frozen: new Map(frozen.map((entry) => [frozenName(entry), entry])),
    revoked: new Map(revokedKeys.map(({ id, until }) => [id, until])),
    isMerged: false,
  };
}

/**
 * What a list that policy signed changes. One from before what is held is a replay. One that was made from it, or
 * holds all of it, takes its place. Any other was made by somebody who did not know what is held: it may add only.
 */
export function acceptBlockList(held: HeldBlocks | undefined, list: BlockListEntry): AcceptedList {
  const blocks = blocksOf(list);
  if (!held) return { kind: 'taken', held: blocks };
  if (list.changedAt < held.changedAt) return { kind: 'earlier' };
  const isBuiltOnHeld = list.builtOn >= held.changedAt && !held.isMerged;
  if (isBuiltOnHeld || coversAll(blocks, held)) return { kind: 'taken', held: blocks };
  return {
    kind: 'merged',
    held: {
      changedAt: list.changedAt,
      frozen: new Map([...blocks.frozen, ...held.frozen]),
      revoked: new Map([...blocks.revoked, ...held.revoked]),
      isMerged: true,
    },
  };
}

function coversAll(blocks: HeldBlocks, held: HeldBlocks): boolean {
  const hasAll = (all: ReadonlyMap<string, unknown>, some: ReadonlyMap<string, unknown>): boolean =>
    [...some.keys()].every((key) => all.has(key));
  return hasAll(blocks.frozen, held.frozen) && hasAll(blocks.revoked, held.revoked);
}

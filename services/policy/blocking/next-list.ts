import { acceptBlockList, blocksOf, type HeldBlocks } from '#boot';
import type { BlockListEntry, FrozenEntry } from '#contracts';

/** What a list is to say. */
export interface Blocked {
  frozen: FrozenEntry[];
  revokedKeys: BlockListEntry['revokedKeys'];
}

/** What the next list is made from; `isRight`: what stands in KV says just that, and needs no other in its place. */
export interface Base {
  held: HeldBlocks | undefined;
  isRight: boolean;
}

/** What policy goes by, given what it holds and the list that stands in KV, if policy signed that. Pure. */
export function baseOf(held: HeldBlocks | undefined, standing: BlockListEntry | undefined): Base {
  if (!standing) return { held, isRight: false };
  const accepted = acceptBlockList(held, standing);
  switch (accepted.kind) {
    case 'taken':
      return { held: accepted.held, isRight: true };
    case 'merged':
      return { held: accepted.held, isRight: false };
    case 'earlier':
      return { held, isRight: false };
    default:
      return accepted satisfies never;
  }
}

/**
 * What policy goes by instead of what it holds, given the record in the database; undefined where what it holds is right.
 * `signed` is the list that is held, where it is one. Pure.
 */
export function correctedBy(
  recorded: BlockListEntry,
  held: HeldBlocks | undefined,
  signed: BlockListEntry | undefined,
): HeldBlocks | undefined {
  const known = blocksOf(recorded);
  if (!held) return known;
  const list = signed ?? { ...blockedBy(held), changedAt: held.changedAt, builtOn: 0 };
  const accepted = acceptBlockList(known, list);
  if (accepted.kind === 'earlier') return known;
  return signed && accepted.kind === 'taken' ? undefined : accepted.held;
}

/** What is held, as a list says it. */
export function blockedBy({ frozen, revoked }: HeldBlocks): Blocked {
  const revokedKeys = [...revoked].map(([id, until]) => ({ id, until }));
  return { frozen: [...frozen.values()], revokedKeys };
}

/**
 * The next list. Where policy can't know yet whether what it holds is the last there was (`isSure`), the list is built on
 * nothing, and so takes nothing away from anybody; else keys that have expired by now are left out. Pure.
 */
export function nextList(
  { frozen, revokedKeys }: Blocked,
  held: HeldBlocks | undefined,
  { nowMs, isSure }: { nowMs: number; isSure: boolean },
): BlockListEntry {
  const before = held?.changedAt ?? 0;
  return {
    changedAt: Math.max(nowMs, before + 1),
    builtOn: isSure ? before : 0,
    frozen,
    revokedKeys: isSure ? revokedKeys.filter(({ until }) => until > nowMs) : revokedKeys,
  };
}

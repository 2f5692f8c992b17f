import type { NoteVerifier } from '../signing/keys.ts';
import { openTombstone, type Tombstone, type TombstoneScope } from '../signing/tombstone.ts';
import type { Problem } from './problems.ts';
import { RangeSet } from './range-set.ts';

const maxOwners = 1_000_000;
const maxListed = 1000;

/** Decides what may be gone: what a signed tombstone names, and what an erasure in the ledger destroyed. */
export class RetentionCheck {
  readonly #ranges: Record<TombstoneScope, RangeSet> = { content: new RangeSet(), entries: new RangeSet() };
  readonly #allowed: Record<TombstoneScope, number> = { content: 0, entries: 0 };
  readonly #gone: Record<TombstoneScope, number> = { content: 0, entries: 0 };
  readonly #known = new Set<string>();
  readonly #stones: Tombstone[] = [];
  readonly #erasedKeys = new Set<string>();
  /** The first entry that lacks a value of each person. */
  readonly #goneOwners = new Map<string, number>();

  /** Takes a tombstone for the log `origin`. */
  tombstone(note: string, origin: string, verifiers: readonly NoteVerifier[]): Problem[] {
    try {
      const stone = openTombstone(note, verifiers);
      if (stone.origin !== origin) {
        return [{ code: 'tombstone.unverified', detail: `is of the log ${stone.origin}` }];
      }
      // Said twice it allows no more than once.
      if (this.#known.has(note)) return [];
      this.#known.add(note);
      if (this.#stones.length < maxListed) this.#stones.push(stone);
      this.#ranges[stone.scope].add(stone.from, stone.to);
      this.#allowed[stone.scope] += stone.dropped;
      return [];
    } catch (error) {
      return [{ code: 'tombstone.unverified', detail: (error as Error).message }];
    }
  }

  /** What the tombstones say, in their order (the first 1000). */
  get tombstones(): readonly Tombstone[] {
    return this.#stones;
  }

  /** Something of that scope is gone in `[from, to)`; false where no tombstone says so. */
  isDropped(scope: TombstoneScope, from: number, to: number): boolean {
    this.#gone[scope] += to - from;
    return this.#ranges[scope].covers(from, to);
  }

  /** The ledger records that this person's key was destroyed. */
  erased(ownerKey: string): void {
    this.#erasedKeys.add(ownerKey);
  }

  /** Values of this person are gone at `index`. */
  goneAt(index: number, ownerKey: string): void {
    if (!this.#goneOwners.has(ownerKey) && this.#goneOwners.size < maxOwners)
      this.#goneOwners.set(ownerKey, index);
  }

  /** What is gone and shouldn't be, once everything was read. */
  finish(): Problem[] {
    const findings: Problem[] = [];
    for (const [ownerKey, index] of this.#goneOwners) {
      if (this.#erasedKeys.has(ownerKey)) continue;
      const detail = `values of ${ownerKey} are gone, and the export holds no erasure of them`;
      findings.push({ code: 'entry.personal_missing', detail, index });
    }
    if (this.#goneOwners.size >= maxOwners) {
      findings.push({ code: 'export.malformed', detail: `more than ${maxOwners} people are erased` });
    }
    for (const scope of ['content', 'entries'] as const) {
      if (this.#gone[scope] <= this.#allowed[scope]) continue;
      const detail = `${this.#gone[scope]} ${scope} gone, ${this.#allowed[scope]} dropped by tombstones`;
      findings.push({ code: 'tombstone.exceeded', detail });
    }
    return findings;
  }
}

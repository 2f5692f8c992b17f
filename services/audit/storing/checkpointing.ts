import { type NoteSigner, signCheckpoint } from '#ledger';
import type { LedgerState } from '../writing/ledger-state.ts';
import type { NewCheckpoint } from './write-batch.ts';

/** Signs the tree's head every so many entries or so often, with each of these keys. */
export class Checkpointing {
  private lastAtMs: number;

  constructor(
    private readonly signers: readonly NoteSigner[],
    private readonly options: { origin: string; entries: number; everyMs: number },
    nowMs: number,
  ) {
    this.lastAtMs = nowMs;
  }

  /** The checkpoint that is due at the tree's present size, or null. */
  due(state: LedgerState, nowMs: number): NewCheckpoint | null {
    const { size } = state.range;
    const uncovered = size - state.checkpointed;
    if (uncovered === 0) return null;
    const isTime = nowMs - this.lastAtMs >= this.options.everyMs;
    return uncovered >= this.options.entries || isTime ? this.sign(state, nowMs) : null;
  }

  /** A checkpoint at the tree's present size. */
  sign(state: LedgerState, nowMs: number): NewCheckpoint {
    const { size } = state.range;
    const checkpoint = { origin: this.options.origin, size, root: state.range.root() };
    state.checkpointed = size;
    this.lastAtMs = nowMs;
    return { size, note: signCheckpoint(checkpoint, this.signers), atMs: nowMs };
  }
}

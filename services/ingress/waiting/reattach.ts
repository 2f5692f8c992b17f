import type { HeldEntry } from '#contracts';
import type { PickUp } from '../limits.ts';

/** What to do with a request that may be a client's re-send. */
export type Reattachment =
  | { kind: 'new' }
  /** Wait on with the earlier call. */
  | { kind: 'attach'; entry: HeldEntry }
  /** The earlier call ended and its answer was not picked up. */
  | { kind: 'pick_up'; entry: HeldEntry }
  /** The idempotency key came with another body before. */
  | { kind: 'mismatch' };

export interface ReattachFacts extends PickUp {
  /** The newest entry with the same fingerprint. */
  known: HeldEntry | undefined;
  /** A client is connected to it somewhere. */
  live: boolean;
  bodyDigest: string;
  nowMs: number;
}

/**
 * Tells a re-send from a new request. Two identical calls with a live connection each are two requests; a call whose
 * client is gone is continued by the next identical one, once.
 */
export function reattach(facts: ReattachFacts): Reattachment {
  const { known, live, bodyDigest, pickUpMs, withoutPickUp, nowMs } = facts;
  if (!known) return { kind: 'new' };
  const current = known.state !== 'completed' || nowMs - (known.completedAt ?? 0) <= pickUpMs;
  if (!current) return { kind: 'new' };
  if (known.bodyDigest !== bodyDigest) return { kind: 'mismatch' };
  if (known.state !== 'completed') return live ? { kind: 'new' } : { kind: 'attach', entry: known };
  // A rejection stands for every re-send of the same body; an answer is handed out once.
  if (known.outcome === 'rejected') return { kind: 'pick_up', entry: known };
  const isKept = known.connection !== undefined && withoutPickUp.has(known.connection);
  return known.pickedUpAt === undefined && !live && !isKept
    ? { kind: 'pick_up', entry: known }
    : { kind: 'new' };
}

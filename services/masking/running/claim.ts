import type { RunEntry } from '#contracts';

/** A claim that isn't renewed for so long may be taken over. */
export const claimLeaseMs = 30_000;

export type ClaimDecision =
  /** Write this entry by compare-and-set, then run. */
  | {
      readonly kind: 'claim';
      readonly entry: RunEntry;
      readonly attempt: number;
      readonly takesOver: boolean;
    }
  /** Another replica runs it; look again then. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Not to be run, and somebody else's ending stands. */
  | { readonly kind: 'stop'; readonly why: 'revoked' | 'finished' }
  /** Not to be run, and nobody ended it yet. */
  | { readonly kind: 'end'; readonly why: 'expired' | 'not_opened' | 'lost' };

/** Whether this replica may run what people released. */
export function decideClaim(entry: RunEntry | undefined, me: string, nowMs: number): ClaimDecision {
  if (!entry) return { kind: 'end', why: 'not_opened' };
  if (entry.state === 'revoked' || entry.state === 'finished') return { kind: 'stop', why: entry.state };
  const claimed = (attempt: number, takesOver: boolean): ClaimDecision => ({
    kind: 'claim',
    attempt,
    takesOver,
    entry: { ...entry, state: 'claimed', claimedBy: me, attempt, leaseUntil: nowMs + claimLeaseMs },
  });
  if (entry.state === 'claimed') {
    if (entry.claimedBy === me) return claimed(entry.attempt, false);
    if ((entry.leaseUntil ?? 0) > nowMs) return { kind: 'wait', untilMs: entry.leaseUntil ?? 0 };
    if (entry.attempt >= 2) return { kind: 'end', why: 'lost' };
    return claimed(entry.attempt + 1, true);
  }
  if (entry.notAfter <= nowMs) return { kind: 'end', why: 'expired' };
  return claimed(1, false);
}

/** How far the ledger is behind the log, as seen at one moment. */
export interface LagFacts {
  /** The last sequence of the log. */
  lastSequence: number;
  /** How far the ledger reaches, and when that event was stored; undefined where it never said. */
  recorded: { sequence: number; atMs: number } | undefined;
  /** Age limit of the log. */
  logAgeMs: number;
  /** Since when the ledger has not moved although there is something to record; undefined where it has. */
  stuckSinceMs: number | undefined;
  nowMs: number;
}

/** More unrecorded events than this are too many. */
export const maxBacklog = 500_000;
/** A ledger that has not moved for this long has stopped. */
const stoppedMs = 30_000;

/**
 * Whether the ledger is so far behind that nothing more may run: a set backlog, or a stopped ledger whose first
 * unrecorded event is older than half of what the log keeps.
 */
export function isBehind({ lastSequence, recorded, logAgeMs, stuckSinceMs, nowMs }: LagFacts): boolean {
  if (lastSequence - (recorded?.sequence ?? 0) > maxBacklog) return true;
  if (stuckSinceMs === undefined || nowMs - stuckSinceMs < stoppedMs) return false;
  return recorded !== undefined && nowMs - recorded.atMs > logAgeMs / 2;
}

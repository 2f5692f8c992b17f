/** What the choice of a server needs to know of each. */
export interface Candidate {
  readonly isWell: boolean;
  readonly busy: number;
  readonly breaker: { readonly isOpen: boolean; mayRun(nowMs: number): boolean };
}

/**
 * The server for the next call: the least busy one, taking turns among equals. Those that are well go first, then those
 * whose checks fail (a wrong health path must not stop a connection); one whose breaker is open is tried when its pause is over.
 * Undefined where no server may be called.
 */
export function chooseServer<T extends Candidate>(
  servers: readonly T[],
  turn: number,
  nowMs: number,
): T | undefined {
  let best: T | undefined;
  for (let n = 0; n < servers.length; n++) {
    const server = servers[(turn + n) % servers.length] as T;
    if (!server.breaker.mayRun(nowMs)) continue;
    if (best === undefined || isBetter(server, best)) best = server;
  }
  return best;
}

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.isWell !== other.isWell) return one.isWell;
  // A server that was broken is probed by one call, also while others are idle: else it would never come back.
  if (one.breaker.isOpen !== other.breaker.isOpen) return one.breaker.isOpen;
  return one.busy < other.busy;
}

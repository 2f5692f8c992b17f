/** After so many failures in a row calls fail at once. */
const failuresToOpen = 5;
const firstPauseMs = 2000;
const longestPauseMs = 30_000;

/**
 * A circuit breaker for one model server. Closed: calls run. Open: they fail at once, until the pause is over; then
 * one call at a time probes. A failure of the probe doubles the pause, a success closes the breaker.
 */
export class Breaker {
  private failures = 0;
  private pauseMs = firstPauseMs;
  private openUntil = 0;
  private probing = false;

  get isOpen(): boolean {
    return this.failures >= failuresToOpen;
  }

  /** Whether `permits` would let a call run now. */
  mayRun(nowMs: number): boolean {
    return !this.isOpen || (nowMs >= this.openUntil && !this.probing);
  }

  /** Whether a call may run now. Each permitted call must be followed by `succeeded`, `failed` or `forgotten`. */
  permits(nowMs: number): boolean {
    if (!this.mayRun(nowMs)) return false;
    this.probing = this.isOpen;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.pauseMs = firstPauseMs;
    this.probing = false;
  }

  failed(nowMs: number): void {
    const wasOpen = this.isOpen;
    this.failures += 1;
    this.probing = false;
    if (!this.isOpen) return;
    if (wasOpen) this.pauseMs = Math.min(this.pauseMs * 2, longestPauseMs);
    this.openUntil = nowMs + this.pauseMs;
  }

  /** The call ended without saying anything about the server (it was cancelled). */
  forgotten(): void {
    this.probing = false;
  }
}

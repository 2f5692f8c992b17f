/** What a service needs in order to work; each part answers for itself. */
export class Readiness {
  private readonly checks = new Map<string, () => boolean | Promise<boolean>>();
  private closing = false;

  /** Adds a named check. A check that throws counts as failed. */
  add(name: string, check: () => boolean | Promise<boolean>): void {
    this.checks.set(name, check);
  }

  /** From now on the service reports that it is not ready, so that no new work is sent to it. */
  close(): void {
    this.closing = true;
  }

  async report(): Promise<{ ready: boolean; checks: Record<string, boolean> }> {
    const checks: Record<string, boolean> = {};
    for (const [name, check] of this.checks) {
      checks[name] = await Promise.resolve()
        .then(check)
        .catch(() => false);
    }
    return { ready: !this.closing && Object.values(checks).every(Boolean), checks };
  }
}

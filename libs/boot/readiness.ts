/** What a service needs in order to work; each part answers for itself. */
export class Readiness {
  private readonly checks = new Map<string, () => boolean | Promise<boolean>>();
  private readonly details = new Map<string, () => unknown>();
  private closing = false;

  /** Adds a named check. A check that throws counts as failed. */
  add(name: string, check: () => boolean | Promise<boolean>): void {
    this.checks.set(name, check);
  }

  /** Adds something to show beside the checks, for people. */
  describe(name: string, detail: () => unknown): void {
    this.details.set(name, detail);
  }

  /** From now on the service reports that it is not ready, so that no new work is sent to it. */
  close(): void {
    this.closing = true;
  }

  async report(): Promise<{
    ready: boolean;
    checks: Record<string, boolean>;
    details?: Record<string, unknown>;
  }> {
    const checks: Record<string, boolean> = {};
    for (const [name, check] of this.checks) {
      checks[name] = await Promise.resolve()
        .then(check)
        .catch(() => false);
    }
    const details = [...this.details].map(([name, detail]) => [name, detail()] as const);
    return {
      ready: !this.closing && Object.values(checks).every(Boolean),
      checks,
      ...(details.length > 0 && { details: Object.fromEntries(details) }),
    };
  }
}

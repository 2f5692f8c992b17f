export interface EventuallyOptions {
  /** How long the condition may take (default 10 s). */
  readonly timeoutMs?: number;
  /** How often it is looked at (default every 20 ms). */
  readonly everyMs?: number;
}

/** Waits until `check` stops throwing and gives its result; after the time is over its last error is thrown. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 20 } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

import type { MaskingProfile } from '#contracts';
import {
  adoptTables,
  needsCompiling,
  type ProfileTables,
  RedactionError,
  type RedactionErrorCode,
} from '#redaction';
import { OrderFailedError, OrderThread, OrderTimeoutError } from '#threads';

export interface TableLimits {
  /** For compiling one profile, without the thread's start. Default 1,000. */
  readonly timeoutMs?: number;
  /** Where the thread's code is, and the options it starts with: for tests. */
  readonly worker?: URL;
  readonly execArgv?: string[];
}

const usualTimeoutMs = 1000;
const heapMb = 512;
/** A thread without work ends: policies change rarely, and its copy of the packs takes memory. */
const idleMs = 30_000;
const defaultWorker = new URL(
  import.meta.url.endsWith('.ts') ? './tables-worker.ts' : './tables-worker.js',
  import.meta.url,
);

/**
 * Compiles masking profiles with rules or words of their own in a thread, one at a time, so that nothing an author
 * writes holds up other requests. What was compiled is adopted: masking with it here compiles nothing.
 */
export class TablesThread {
  private readonly thread: OrderThread<MaskingProfile, ProfileTables>;
  private readonly timeoutMs: number;

  constructor({ timeoutMs = usualTimeoutMs, worker = defaultWorker, execArgv }: TableLimits = {}) {
    this.timeoutMs = timeoutMs;
    const name = 'compiling a masking profile';
    this.thread = new OrderThread({ name, worker, execArgv, heapMb, timeoutMs, idleMs });
  }

  /**
   * Resolves when a profile can be used without compiling. Throws RedactionError where it can't be compiled, or not
   * in time (`redaction.too_slow`).
   */
  async prepare(profile: MaskingProfile): Promise<void> {
    if (!needsCompiling(profile)) return;
    try {
      const tables = await this.thread.ask(() => (needsCompiling(profile) ? { order: profile } : undefined));
      if (tables) adoptTables(profile, tables);
    } catch (error) {
      throw this.redactionError(error);
    }
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  private redactionError(error: unknown): unknown {
    if (error instanceof OrderTimeoutError) {
      const why = `its rules and words take more than ${this.timeoutMs} ms to compile`;
      return new RedactionError('redaction.too_slow', why);
    }
    if (!(error instanceof OrderFailedError) || error.code === undefined) return error;
    return new RedactionError(error.code as RedactionErrorCode, error.message);
  }
}

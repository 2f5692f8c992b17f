import { Worker } from 'node:worker_threads';
import type { MaskingProfile } from '#contracts';
import { adoptTables, needsCompiling, RedactionError } from '#redaction';
import type { TablesNews, TablesOrder } from './tables-worker.ts';

export interface TableLimits {
  /** For compiling one profile, without the thread's start. Default 1,000. */
  readonly timeoutMs?: number;
  /** Where the thread's code is, and the options it starts with: for tests. */
  readonly worker?: URL;
  readonly execArgv?: string[];
}

const usualTimeoutMs = 1000;
const startTimeoutMs = 30_000;
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
  private thread: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(private readonly limits: TableLimits = {}) {}

  /**
   * Resolves when a profile can be used without compiling. Throws RedactionError where it can't be compiled, or not
   * in time (`redaction.too_slow`).
   */
  prepare(profile: MaskingProfile): Promise<void> {
    if (!needsCompiling(profile)) return Promise.resolve();
    const turn = this.last.then(() => this.compile(profile));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private async compile(profile: MaskingProfile): Promise<void> {
    if (!needsCompiling(profile)) return;
    clearTimeout(this.idle);
    const thread = this.started();
    const id = ++this.count;
    const answer = this.answerOf(thread, id);
    thread.postMessage({ id, profile } satisfies TablesOrder);
    try {
      adoptTables(profile, (await answer).tables);
    } finally {
      this.idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  private answerOf(thread: Worker, id: number): Promise<Extract<TablesNews, { kind: 'tables' }>> {
    const { timeoutMs = usualTimeoutMs } = this.limits;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (end: () => void) => {
        clearTimeout(timer);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        end();
      };
      const drop = (cause: Error) => {
        if (this.thread === thread) this.thread = undefined;
        void thread.terminate();
        done(() => reject(cause));
      };
      const tooSlow = () => {
        const why = `its rules and words take more than ${timeoutMs} ms to compile`;
        drop(new RedactionError('redaction.too_slow', why));
      };
      const onMessage = (news: TablesNews) => {
        if (news.id !== id) return;
        if (news.kind === 'tables') return done(() => resolve(news));
        if (news.kind === 'refused') return done(() => reject(refusal(news)));
        clearTimeout(timer);
        timer = setTimeout(tooSlow, timeoutMs);
      };
      // Out of memory ends the thread with an error: the profile is too large, not the process.
      const onError = (cause: Error) => drop(new Error('the thread that compiles masking failed', { cause }));
      const onExit = () => drop(new Error('the thread that compiles masking ended'));
      timer = setTimeout(tooSlow, startTimeoutMs);
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  private started(): Worker {
    if (this.thread) return this.thread;
    const { worker = defaultWorker, execArgv } = this.limits;
    const thread = new Worker(worker, {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      ...(execArgv && { execArgv }),
    });
    thread.unref();
    thread.on('error', () => {
      if (this.thread === thread) this.thread = undefined;
    });
    this.thread = thread;
    return thread;
  }
}

function refusal({ code, message }: Extract<TablesNews, { kind: 'refused' }>): Error {
  return code ? new RedactionError(code, message) : new Error(message);
}

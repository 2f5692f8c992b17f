import { type Transferable, Worker } from 'node:worker_threads';
import type { News, NumberedOrder } from './news.ts';

export interface ThreadOptions {
  /** What the thread is for: errors say it. */
  readonly name: string;
  /** Its code, which calls `answerOrders`. */
  readonly worker: URL;
  readonly execArgv?: string[] | undefined;
  /** Of its own objects, in MiB; over that it ends. */
  readonly heapMb: number;
  /** For one order, without the thread's start. */
  readonly timeoutMs: number;
  /** Without work for so long it ends; by default it stays. */
  readonly idleMs?: number;
}

/** The thread's code refused an order: it is as usable as before. */
export class OrderFailedError extends Error {
  override readonly name = 'OrderFailedError';
  constructor(
    message: string,
    /** The `code` of what was thrown there. */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** An order took longer than it may. The thread was ended. */
export class OrderTimeoutError extends Error {
  override readonly name = 'OrderTimeoutError';
}

/** An order as it is sent. */
export interface PreparedOrder<Order> {
  readonly order: Order;
  readonly transfer?: readonly Transferable[];
}

const startTimeoutMs = 30_000;

/**
 * One worker thread that takes one order at a time, in the order they were asked for, so that long work holds up nothing
 * else. It starts with the first order. A thread that dies, runs out of memory or takes too long is replaced; only the
 * order in hand fails.
 */
export class OrderThread<Order, Answer> {
  private thread: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(private readonly options: ThreadOptions) {}

  /**
   * Waits for its turn, prepares the order then, and gives the answer. `isNew`: the thread knows nothing of earlier
   * orders. Undefined instead of an order: there is nothing to ask any more. Throws what `prepare` throws,
   * OrderFailedError, OrderTimeoutError, or Error where the thread ended.
   */
  ask<Prepared extends PreparedOrder<Order> | undefined>(
    prepare: (isNew: boolean) => Prepared | Promise<Prepared>,
  ): Promise<Answer | Extract<Prepared, undefined>> {
    const turn = this.last.then(() => this.take(prepare));
    this.last = turn.catch(() => undefined);
    return turn as Promise<Answer | Extract<Prepared, undefined>>;
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private async take(
    prepare: (isNew: boolean) => PreparedOrder<Order> | undefined | Promise<PreparedOrder<Order> | undefined>,
  ): Promise<Answer | undefined> {
    clearTimeout(this.idle);
    const before = this.thread;
    let prepared = await prepare(before === undefined);
    // It may have died while its order was prepared.
    if (prepared && before !== this.thread) prepared = await prepare(true);
    if (!prepared) return undefined;
    const thread = this.started();
    const id = ++this.count;
    const answer = this.answerOf(thread, id);
    thread.postMessage({ id, order: prepared.order } satisfies NumberedOrder<Order>, prepared.transfer);
    try {
      return await answer;
    } finally {
      const { idleMs } = this.options;
      if (idleMs !== undefined) this.idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  private answerOf(thread: Worker, id: number): Promise<Answer> {
    const { name, timeoutMs } = this.options;
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
      const tooSlow = () => drop(new OrderTimeoutError(`${name} took too long: more than ${timeoutMs} ms`));
      const onMessage = (news: News<Answer>) => {
        if (news.id !== id) return;
        switch (news.kind) {
          case 'begun':
            clearTimeout(timer);
            timer = setTimeout(tooSlow, timeoutMs);
            return;
          case 'done':
            return done(() => resolve(news.answer));
          case 'failed':
            return done(() => reject(new OrderFailedError(news.message, news.code)));
          default:
            news satisfies never;
        }
      };
      const onError = (cause: Error) => drop(new Error(`${name}: the thread failed`, { cause }));
      const onExit = () => drop(new Error(`${name}: the thread ended`));
      timer = setTimeout(tooSlow, startTimeoutMs);
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  private started(): Worker {
    if (this.thread) return this.thread;
    const { worker, execArgv, heapMb } = this.options;
    const thread = new Worker(worker, {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      ...(execArgv && { execArgv }),
    });
    thread.unref();
    const forget = () => {
      if (this.thread === thread) this.thread = undefined;
    };
    // Without a listener an error while nothing is asked would end the process.
    thread.on('error', forget).on('exit', forget);
    this.thread = thread;
    return thread;
  }
}

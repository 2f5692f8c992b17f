import type { PolicyDocument } from '#contracts';
import { OrderThread } from '#threads';
import type { Question, Verdict } from './judge.ts';
import type { JudgingOrder } from './large-bodies-worker.ts';

/** Bodies over this size are read and judged in a thread of their own, so that no prompt holds up the others. */
export const largeBodyBytes = 1024 * 1024;

/** One request for the thread. `approved`: the keys of KV `approved` that stand for its person. */
export interface LargeQuestion {
  question: Omit<Question, 'isApproved'>;
  approved: readonly string[];
}

const judgeTimeoutMs = 60_000;
const heapMb = 768;
const defaultWorker = new URL(
  import.meta.url.endsWith('.ts') ? './large-bodies-worker.ts' : './large-bodies-worker.js',
  import.meta.url,
);

/**
 * Judges large bodies in one worker thread, one at a time: what waits holds no body yet, so memory stays bounded. A
 * thread that dies or takes over a minute is replaced, and the request in hand fails (it is delivered again).
 */
export class LargeBodies {
  private readonly thread: OrderThread<JudgingOrder, Verdict>;
  /** The revision that the thread has compiled. */
  private compiled: string | undefined;

  constructor(options: { worker?: URL; execArgv?: string[]; timeoutMs?: number } = {}) {
    const { worker = defaultWorker, execArgv, timeoutMs = judgeTimeoutMs } = options;
    this.thread = new OrderThread({ name: 'a large body', worker, execArgv, heapMb, timeoutMs });
  }

  /** Waits for the thread, reads the body, judges. Throws where the thread failed. */
  judge(
    { revision, document }: { revision: string; document: PolicyDocument },
    read: () => Promise<LargeQuestion>,
  ): Promise<Verdict> {
    return this.thread.ask(async (isNew) => {
      const { question, approved } = await read();
      const isCompiled = !isNew && this.compiled === revision;
      this.compiled = revision;
      // A copy of its own: a buffer's memory may be shared with others, and only whole memory can be handed over.
      const body = Uint8Array.from(question.body);
      const order = {
        document: isCompiled ? undefined : document,
        question: { ...question, body },
        approved,
      };
      return { order, transfer: [body.buffer] };
    });
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}

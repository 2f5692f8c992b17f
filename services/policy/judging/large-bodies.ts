import { Worker } from 'node:worker_threads';
import type { PolicyDocument } from '#contracts';
import type { Question, Verdict } from './judge.ts';
import type { WorkerOrder } from './large-bodies-worker.ts';

/** Bodies over this size are read and judged in a thread of their own, so that no prompt holds up the others. */
export const largeBodyBytes = 1024 * 1024;

/** One request for the thread. `approved`: the keys of KV `approved` that stand for its person. */
export interface LargeQuestion {
  question: Omit<Question, 'isApproved'>;
  approved: readonly string[];
}

interface Answer {
  id: number;
  verdict?: Verdict;
  failure?: string;
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
  private thread: Worker | undefined;
  private compiled: string | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;

  constructor(private readonly options: { worker?: URL; execArgv?: string[]; timeoutMs?: number } = {}) {}

  /** Waits for the thread, reads the body, judges. Throws where the thread failed. */
  judge(
    revision: { revision: string; document: PolicyDocument },
    read: () => Promise<LargeQuestion>,
  ): Promise<Verdict> {
    const turn = this.last.then(async () => this.ask(revision, await read()));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private ask(
    { revision, document }: { revision: string; document: PolicyDocument },
    { question, approved }: LargeQuestion,
  ): Promise<Verdict> {
    const thread = this.started();
    if (this.compiled !== revision) {
      this.send(thread, { kind: 'policy', document });
      this.compiled = revision;
    }
    const id = ++this.count;
    // A copy of its own: a buffer's memory may be shared with others, and only whole memory can be handed over.
    const body = Uint8Array.from(question.body);
    const answer = this.answerOf(thread, id);
    this.send(thread, { kind: 'judge', id, question: { ...question, body }, approved }, [body.buffer]);
    return answer;
  }

  private send(thread: Worker, order: WorkerOrder, transfer: ArrayBuffer[] = []): void {
    thread.postMessage(order, transfer);
  }

  private answerOf(thread: Worker, id: number): Promise<Verdict> {
    return new Promise((resolve, reject) => {
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
      const onMessage = (answer: Answer) => {
        if (answer.id !== id) return;
        const { verdict, failure } = answer;
        done(() => (verdict ? resolve(verdict) : reject(new Error(`a large body: ${failure}`))));
      };
      const onError = (error: Error) =>
        drop(new Error('the thread for large bodies failed', { cause: error }));
      const onExit = () => drop(new Error('the thread for large bodies ended'));
      const timer = setTimeout(
        () => drop(new Error('a large body took too long')),
        this.options.timeoutMs ?? judgeTimeoutMs,
      );
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  private started(): Worker {
    if (this.thread) return this.thread;
    const { worker = defaultWorker, execArgv } = this.options;
    const thread = new Worker(worker, {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      ...(execArgv && { execArgv }),
    });
    thread.unref();
    // Without a listener an error while nothing is asked would end the process.
    thread.on('error', () => {
      if (this.thread === thread) this.thread = undefined;
    });
    this.thread = thread;
    this.compiled = undefined;
    return thread;
  }
}

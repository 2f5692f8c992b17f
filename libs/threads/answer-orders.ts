import { parentPort } from 'node:worker_threads';
import type { News, NumberedOrder } from './news.ts';

/** Called once by a thread's code: answers each order. What `answer` throws reaches who asked, with its `code`. */
export function answerOrders<Order, Answer>(answer: (order: Order) => Answer): void {
  const say = (news: News<Answer>): void => parentPort?.postMessage(news);
  parentPort?.on('message', ({ id, order }: NumberedOrder<Order>) => {
    say({ kind: 'begun', id });
    try {
      say({ kind: 'done', id, answer: answer(order) });
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const message = error instanceof Error ? error.message : String(error);
      say({ kind: 'failed', id, message, code: typeof code === 'string' ? code : undefined });
    }
  });
}

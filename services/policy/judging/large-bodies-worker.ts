import { parentPort } from 'node:worker_threads';
import type { PolicyDocument } from '#contracts';
import { type CompiledPolicy, compilePolicy } from '#rules';
import { judge, type Question } from './judge.ts';

/** What the thread is sent: a revision to judge by from now on, or a request. */
export type WorkerOrder =
  | { kind: 'policy'; document: PolicyDocument }
  | { kind: 'judge'; id: number; question: Omit<Question, 'isApproved'>; approved: readonly string[] };

let policy: CompiledPolicy | undefined;

parentPort?.on('message', (order: WorkerOrder) => {
  if (order.kind === 'policy') {
    const compilation = compilePolicy(order.document);
    policy = compilation.kind === 'policy' ? compilation.policy : undefined;
    return;
  }
  const { id, question, approved } = order;
  try {
    if (!policy) throw new Error('the revision does not compile');
    const keys = new Set(approved);
    const isApproved = keys.size > 0 ? (key: string) => keys.has(key) : undefined;
    parentPort?.postMessage({ id, verdict: judge(policy, { ...question, isApproved }) });
  } catch (error) {
    parentPort?.postMessage({ id, failure: error instanceof Error ? error.message : String(error) });
  }
});

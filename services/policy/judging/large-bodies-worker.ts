import type { PolicyDocument } from '#contracts';
import { type CompiledPolicy, compilePolicy } from '#rules';
import { answerOrders } from '#threads';
import { judge, type Question, type Verdict } from './judge.ts';

/** A request to judge; `document`: the revision to judge by from now on, where it is another one. */
export interface JudgingOrder {
  document: PolicyDocument | undefined;
  question: Omit<Question, 'isApproved'>;
  approved: readonly string[];
}

let policy: CompiledPolicy | undefined;

answerOrders(({ document, question, approved }: JudgingOrder): Verdict => {
  if (document) {
    const compilation = compilePolicy(document);
    policy = compilation.kind === 'policy' ? compilation.policy : undefined;
  }
  if (!policy) throw new Error('the revision does not compile');
  const keys = new Set(approved);
  const isApproved = keys.size > 0 ? (key: string) => keys.has(key) : undefined;
  return judge(policy, { ...question, isApproved });
});

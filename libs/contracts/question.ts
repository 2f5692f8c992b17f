import { ChangeKind } from './change.ts';
import { canonicalJson } from './envelope/canonical.ts';
import type { ApprovalRequested } from './events/approval-requested.ts';

/** The services that put something before people. */
export const askers = ['policy', 'masking', 'audit'] as const;
export type Asker = (typeof askers)[number];

const askerOfChange: Readonly<Record<ChangeKind, Asker>> = {
  'config.activation': 'policy',
  'content.erasure': 'audit',
};

/** Who alone may ask this; undefined where nobody may. Pure. */
export function askerOf({ gate, context }: Pick<ApprovalRequested, 'gate' | 'context'>): Asker | undefined {
  switch (gate) {
    case 'prompt':
      return 'policy';
    case 'response':
      return 'masking';
    case 'change': {
      const kind = ChangeKind.safeParse(context.operation);
      return kind.success ? askerOfChange[kind.data] : undefined;
    }
    default:
      return gate satisfies never;
  }
}

/**
 * The bytes that `questionSignature` covers: a version label and everything else in the head, also what this version
 * doesn't know, in canonical JSON. Pure.
 */
export function questionBytes(head: object): Buffer {
  const { questionSignature: _, ...question } = head as { questionSignature?: unknown };
  return Buffer.from(`sallyport-question-v1\n${canonicalJson(question)}`, 'utf8');
}

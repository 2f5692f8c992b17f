import { z } from 'zod';
import type { Transaction } from '#database';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { approvalStates } from '../deciding/decision/state.ts';

/** The Postgres channel on which changes of approval requests are announced. */
export const feedChannel = 'approval_changes';

/** What is said of a change: enough to know whether to look. */
export const Announcement = z.object({
  id: z.string(),
  state: z.enum(approvalStates),
  version: z.number().int(),
  groups: z.array(z.string()),
});
export type Announcement = z.infer<typeof Announcement>;

/** Tells every replica of a change, once the transaction is committed. */
export function announce(transaction: Transaction, row: ApprovalRequest): void {
  const { id, state, version, groups } = row;
  // A notification holds at most 8,000 bytes.
  transaction.notify(feedChannel, JSON.stringify({ id, state, version, groups: groups.slice(0, 50) }));
}
